function test_octave(folder)
% The MATLAB reader in Octave: what it reads must reproduce what the program stored. FOLDER: see make_grid.sh.
  xor_file = fullfile(folder, 'xor.h5');
  r = nngrid.open(xor_file);
  assert(r.state, 'complete');
  assert([r.runs r.finished], [12 12]);

  runs = nngrid.runs(xor_file);
  assert(numel(runs.learning_rate), 12);
  assert(all(strcmp(runs.status, 'done')));
  assert(all(ismember(runs.hidden, {'4', '3-2'})));
  assert(islogical(runs.bias));
  assert(islogical(runs.solved));
  assert(runs.solved, runs.final_train_max_abs_error < 0.4);
  cells = nngrid.cells(xor_file);
  assert(numel(cells.cell), 4);
  assert(cells.final_train_loss_mean(1), mean(runs.final_train_loss(runs.cell == 0)), 1e-12);

  [loss, epochs] = nngrid.curves(xor_file, 'train_loss');
  assert(size(loss), [12 31]);
  assert(epochs([1 2 end]).', [0 10 300]);
  assert(loss(:, end), runs.final_train_loss);

  X = [0 0; 0 1; 1 0; 1 1];
  t = [0; 1; 1; 0];
  for run = [0 4 11] % two shapes
    for when = {'initial', 'best', 'final'}
      y = nngrid.predict(xor_file, run, X, when{1});
      stored = runs.([when{1} '_train_loss']);
      assert(0.5 * mean((y - t) .^ 2), stored(run + 1), 2e-6);
    end
  end

  left_file = fullfile(folder, 'left.h5'); % three of its runs are still in the grid, nine have left it
  r = nngrid.open(left_file);
  assert([r.runs r.finished r.inactive], [6 6 9]);
  runs = nngrid.runs(left_file);
  assert(numel(runs.learning_rate), 6);
  assert(~isfield(runs, 'active'));
  runs = nngrid.runs(left_file, true);
  assert(runs.active.', [true(1, 6) false(1, 9)]);
  cells = nngrid.cells(left_file);
  assert(numel(cells.cell), 2);
  cells = nngrid.cells(left_file, true);
  assert(numel(cells.cell), 5);
  assert(size(nngrid.curves(left_file, 'train_loss'), 1), 6);
  loss = nngrid.curves(left_file, 'train_loss', true);
  assert(loss(:, end), runs.final_train_loss);
  y = nngrid.predict(left_file, 14, X, 'final');
  assert(0.5 * mean((y - t) .^ 2), runs.final_train_loss(15), 2e-6);

  three_file = fullfile(folder, 'three.h5');
  lines = strsplit(strtrim(fileread(fullfile(folder, 'three.csv'))), "\n");
  X = NaN(numel(lines), 5);
  class = zeros(numel(lines), 1);
  for i = 1:numel(lines)
    fields = strsplit(lines{i}, ',', 'CollapseDelimiters', false);
    X(i, :) = str2double(fields(1:5));
    class(i) = double(fields{6}) - double('a') + 1;
  end
  runs = nngrid.runs(three_file);
  split = nngrid.read(three_file, '/data/split');
  splits = nngrid.read(three_file, '/data/splits');
  for run = [0 5 numel(runs.status) - 1]
    y = nngrid.predict(three_file, run, X);
    rows = find(split(splits(run + 1) + 1, :) == 1).';
    p = y(sub2ind(size(y), rows, class(rows)));
    assert(-mean(log(double(p))), runs.best_validation_loss(run + 1), 1e-5);
  end

  % The reader's list of activations is the program's, which a results file has beside its column of them.
  every_file = fullfile(folder, 'every.h5');
  names = strsplit(strtrim(ncreadatt(every_file, '/runs/activation', 'flag_meanings')), ' ');
  known = regexp(fileread(which('nngrid.predict')), 'case ''(\w+)''', 'tokens');
  assert(sort([known{:}]), sort(names));

  % It predicts what the program predicts with each of them, in the hidden layers and at the output.
  runs = nngrid.runs(every_file);
  same = find(strcmp(runs.activation, runs.output)).' - 1;
  assert(sort([runs.activation(same + 1).' {'softmax'}]), sort(names)); % softmax is the output of three.h5
  for run = same
    want = dlmread(fullfile(folder, sprintf('every-%d.csv', run)), ',', 1, 1);
    y = nngrid.predict(every_file, run, dlmread(fullfile(folder, 'x.csv')), 'final');
    assert(y, want, 1e-12 * max(1, max(abs(want))));
  end

  long_file = fullfile(folder, 'long.h5'); % and its compact form
  compact_file = fullfile(folder, 'compact.h5');
  assert(isequaln(nngrid.runs(long_file), nngrid.runs(compact_file)));
  assert(isequaln(nngrid.cells(long_file), nngrid.cells(compact_file)));
  assert(isequaln(nngrid.curves(long_file, 'train_loss'), nngrid.curves(compact_file, 'train_loss')));
  assert(isequaln(nngrid.weights(long_file, 5, 'best'), nngrid.weights(compact_file, 5, 'best')));

  % Statistics that are older than the runs are not believed: the program's and the reader's own stand for them.
  stale_file = fullfile(folder, 'stale.h5'); % xor.h5 with a diverged run, and with means that are wrong
  runs = nngrid.runs(stale_file);
  done = runs.cell == 0 & strcmp(runs.status, 'done');
  assert(sum(done), 2);
  program = getenv('NNGRID');
  cells = nngrid.cells(stale_file);
  assert(isfield(cells, 'epochs_to_target_km_median')); % the program was asked
  setenv('NNGRID', '/nowhere/nngrid');
  own = nngrid.cells(stale_file);
  setenv('NNGRID', program);
  assert(~isfield(own, 'epochs_to_target_km_median'));
  names = fieldnames(own);
  assert(sum(~cellfun(@isempty, regexp(names, '_(mean|sd|median|q1|q3|low|high)$'))) > 300);
  numeric = names(structfun(@isnumeric, own)).';
  mine = cell2mat(cellfun(@(name) own.(name)(:), numeric, 'UniformOutput', false));
  theirs = cell2mat(cellfun(@(name) cells.(name)(:), numeric, 'UniformOutput', false));
  assert(isnan(mine), isnan(theirs));
  assert(all(abs(mine(:) - theirs(:)) <= 1e-12 * max(1, abs(theirs(:))) | isnan(mine(:)) | mine(:) == theirs(:)));
  assert(own.final_train_loss_mean(1), mean(runs.final_train_loss(done)), 1e-12);
  assert([own.n(1) own.n_diverged(1) own.solved(1)], [3 1 sum(runs.solved(done))]);

  % The mean of a curve, which plot_curves draws, leaves out runs that diverged.
  loss = nngrid.curves(stale_file, 'train_loss');
  [means, values] = nngrid.mean_curve(stale_file, 'train_loss', 0);
  assert(values, loss(done, :));
  assert(means, mean(loss(done, :), 1), 1e-15);

  failed = false;
  try
    nngrid.weights(xor_file, 99);
  catch problem
    failed = ~isempty(strfind(problem.message, 'run 99'));
  end
  assert(failed);
  disp('the readers agree with the program');
end
