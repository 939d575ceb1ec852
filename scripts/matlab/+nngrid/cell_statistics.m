function columns = cell_statistics(runs, n, metrics)
% CELL_STATISTICS  The statistics of nngrid-results(5) over the done runs of each of the n cells, as a struct: counts,
% how many are solved, and of each metric mean, deviation, median, quartiles and the 95% interval of the mean.
  done = strcmp(runs.status, 'done');
  of_cell = bsxfun(@eq, runs.cell(:), 0:n - 1);
  columns.n = count(of_cell, done | strcmp(runs.status, 'diverged'));
  for status = {'done', 'diverged', 'failed', 'pending'}
    columns.(['n_' status{1}]) = count(of_cell, strcmp(runs.status, status{1}));
  end
  if any(strcmp(names_of(runs), 'solved'))
    columns.solved = count(of_cell, done & runs.solved);
    [columns.solved_low, columns.solved_high] = arrayfun(@wilson, columns.solved, columns.n);
  end
  for i = find(ismember(metrics(:).', names_of(runs)))
    values = runs.(metrics{i});
    of = arrayfun(@(cell) statistics(values(done & of_cell(:, cell) & isfinite(values))), (1:n).');
    for what = fieldnames(of).'
      columns.([metrics{i} '_' what{1}]) = [of.(what{1})].';
    end
  end
end

function names = names_of(runs)
  if isstruct(runs)
    names = fieldnames(runs);
  else
    names = runs.Properties.VariableNames;
  end
end

function n = count(of_cell, which)
  n = sum(bsxfun(@and, of_cell, which(:)), 1).';
end

function of = statistics(values)
  n = numel(values);
  of = struct('mean', NaN, 'sd', NaN, 'median', NaN, 'q1', NaN, 'q3', NaN, 'low', NaN, 'high', NaN, 'n', n);
  if n == 0
    return
  end
  values = sort(values(:));
  of.mean = sum(values / n);
  of.q1 = quantile_of(values, 0.25);
  of.median = quantile_of(values, 0.5);
  of.q3 = quantile_of(values, 0.75);
  if n > 1
    of.sd = sqrt(sum((values - of.mean) .^ 2) / (n - 1));
    half = student(n - 1) * of.sd / sqrt(n);
    of.low = of.mean - half;
    of.high = of.mean + half;
  end
end

function value = quantile_of(sorted, q)
% Linear between order statistics, type 7 of Hyndman and Fan (1996).
  at = 1 + q * (numel(sorted) - 1);
  low = sorted(floor(at));
  value = low + (at - floor(at)) * (sorted(ceil(at)) - low);
end

function t = student(n)
% The 97.5% point of Student's t of n degrees of freedom: a table, and past it Abramowitz and Stegun 26.7.5.
  table = [12.70620473643 4.302652729911 3.182446305284 2.776445105198 2.570581836615 2.446911848792 2.36462425101 ...
           2.306004135033 2.262157162741 2.228138851965 2.200985160083 2.178812829663 2.160368656461 2.144786687917 ...
           2.131449545559 2.119905299221 2.109815577833 2.100922040241 2.093024054408 2.085963447266 2.079613844728 ...
           2.073873067904 2.068657610419 2.063898561628 2.059538552753 2.055529438643 2.05183051648 2.048407141795 ...
           2.045229642133 2.042272456301];
  if n <= numel(table)
    t = table(n);
    return
  end
  z = normal();
  terms = [polyval([1 1], z ^ 2) / 4, polyval([5 16 3], z ^ 2) / 96, polyval([3 19 17 -15], z ^ 2) / 384, ...
           polyval([79 776 1482 -1920 -945], z ^ 2) / 92160];
  t = z + sum(z * terms ./ n .^ (1:4));
end

function z = normal()
% The 97.5% point of the normal distribution.
  z = 1.959963984540054;
end

function [low, high] = wilson(k, n)
% The 95% Wilson interval of k successes in n.
  low = 0;
  high = 1;
  if n == 0
    return
  end
  z2 = normal() ^ 2;
  p = k / n;
  centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  half = sqrt(z2) / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  if k > 0
    low = max(0, centre - half);
  end
  if k < n
    high = min(1, centre + half);
  end
end
