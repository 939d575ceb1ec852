function y = predict(file, run, X, when)
% PREDICT  Outputs [rows x outputs] of a run's network for raw inputs X [rows x inputs], scaled as in training.
%   Those of a regression are in the units of the raw targets.
%   y = nngrid.predict('results/xor.h5', 7, [0 0; 0 1; 1 0; 1 1])
  if nargin < 4
    when = 'best';
  end
  layers = nngrid.weights(file, run, when);
  [names, ~] = nngrid.datasets(file, '/data');
  splits = double(nngrid.read(file, '/data/splits'));
  if splits(run + 1) < 0
    error('nngrid:predict', 'run %d was trained on other data, whose scaling the file does not have', run);
  end
  X = double(X);
  if any(strcmp(names, 'fill'))
    fill = row_of(file, '/data/fill', splits(run + 1), size(X));
    X(isnan(X)) = fill(isnan(X));
  end
  if any(strcmp(names, 'shift'))
    X = (X - row_of(file, '/data/shift', splits(run + 1), size(X))) .* ...
        row_of(file, '/data/factor', splits(run + 1), size(X));
  end
  a = cast(X, class(layers(1).W));
  hidden = choice(file, '/runs/activation', run);
  output = choice(file, '/runs/output', run);
  for k = 1:numel(layers)
    z = a * layers(k).W;
    if ~isempty(layers(k).b)
      z = z + repmat(layers(k).b, size(z, 1), 1);
    end
    if k == numel(layers)
      y = activate(output, z);
    elseif size(layers(k + 1).W, 1) > size(z, 2)
      a = [a, activate(hidden, z)]; % shortcuts: a layer reads all layers before it
    else
      a = activate(hidden, z);
    end
  end
  if any(strcmp(names, 'target_scale'))
    y = double(y) .* row_of(file, '/data/target_scale', splits(run + 1), size(y)) + ...
        row_of(file, '/data/target_shift', splits(run + 1), size(y));
  end
end

function values = row_of(file, path, split, extent)
  all = reshape(nngrid.read(file, path), [], extent(2));
  values = repmat(all(split + 1, :), extent(1), 1);
end

function word = choice(file, path, run)
  codes = nngrid.read(file, path);
  word = nngrid.words(file, path, codes(run + 1));
  word = word{1};
end

function a = activate(name, z)
  switch name
    case 'sigmoid'
      a = 1 ./ (1 + exp(-z));
    case 'tanh'
      a = tanh(z);
    case 'relu'
      a = max(z, 0);
    case 'leaky_relu'
      a = max(z, 0) + 0.01 * min(z, 0);
    case 'elu'
      a = max(z, 0) + expm1(min(z, 0));
    case 'softplus'
      a = max(z, 0) + log1p(exp(-abs(z)));
    case 'silu'
      a = z ./ (1 + exp(-z));
    case 'gelu'
      a = z .* erfc(-z / sqrt(2)) / 2;
    case 'softsign'
      a = z ./ (1 + abs(z));
    case 'linear'
      a = z;
    case 'softmax'
      e = exp(z - repmat(max(z, [], 2), 1, size(z, 2)));
      a = e ./ repmat(sum(e, 2), 1, size(z, 2));
    otherwise
      error('nngrid:predict', 'this reader does not know the activation %s', name);
  end
end
