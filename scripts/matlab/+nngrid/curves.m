function [values, epochs] = curves(file, name, inactive)
% CURVES  One curve of all runs, [run x epoch], and the epochs; NaN past a run's end.
%   [loss, epochs] = nngrid.curves('results/xor.h5', 'train_loss');  semilogx(epochs, loss)
% curves(file, name, true) has the inactive runs too, which are no longer in the grid.
  shown = nngrid.shown(file, '/runs', nargin > 2 && inactive);
  status = nngrid.words(file, '/runs/status', nngrid.read(file, '/runs/status'));
  epochs = double(nngrid.read(file, '/curves/epoch'));
  values = nngrid.read(file, ['/curves/' name]);
  values = reshape(values, [], numel(epochs));
  values(strcmp(status, 'pending'), :) = NaN;
  values = values(1:shown, :);
end
