function layers = weights(file, run, when)
% WEIGHTS  Layers of a run as a struct array with W [in x out] and b [1 x out] ([] without biases).
%   layers = nngrid.weights('results/xor.h5', 7, 'best');   when: initial, best (default), final or endpoint
% Run numbers count from 0, as in the file.
  if nargin < 3
    when = 'best';
  end
  [~, ~, shapes] = nngrid.datasets(file, '/weights');
  for i = 1:numel(shapes)
    group = ['/weights/' shapes{i}];
    row = find(double(nngrid.read(file, [group '/run'])) == run, 1);
    if ~isempty(row)
      widths = str2double(strsplit(strtok(shapes{i}, '_'), '-'));
      inputs = widths;
      if ~isempty(strfind(shapes{i}, '_shortcuts'))
        inputs = cumsum(widths); % a layer reads all layers before it
      end
      layers = layers_of(file, group, row, when, inputs, widths);
      return
    end
  end
  error('nngrid:weights', 'there are no weights of run %d', run);
end

function layers = layers_of(file, group, row, when, inputs, widths)
  layers = struct('W', {}, 'b', {});
  names = nngrid.datasets(file, group);
  if ~any(strcmp(names, [when '_W1']))
    error('nngrid:weights', '%s weights were not recorded; the grid chooses them by record: {weights: ...}', when);
  end
  for k = 1:numel(widths) - 1
    % One run of a large file: only its part is read. Dimensions are reversed here: [out x in x run].
    W = part(file, sprintf('%s/%s_W%d', group, when, k), [1 1 row], [widths(k + 1) inputs(k) 1]);
    layers(k).W = reshape(W, widths(k + 1), inputs(k)).';
    layers(k).b = [];
    name = sprintf('%s_b%d', when, k);
    if any(strcmp(names, name))
      layers(k).b = reshape(part(file, [group '/' name], [1 row], [widths(k + 1) 1]), 1, []);
    end
  end
end

function values = part(file, path, start, count)
  if nngrid.is_octave()
    values = ncread(file, path, start, count);
  else
    values = h5read(file, path, start, count);
  end
end
