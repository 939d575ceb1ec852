function [values, epochs] = curves(file, name)
% CURVES  One curve of all runs, [run x epoch], and the epochs; NaN past a run's end.
%   [loss, epochs] = nngrid.curves('results/xor.h5', 'train_loss');  semilogx(epochs, loss)
  status = nngrid.words(file, '/runs/status', nngrid.read(file, '/runs/status'));
  epochs = double(nngrid.read(file, '/curves/epoch'));
  values = nngrid.read(file, ['/curves/' name]);
  values = reshape(values, [], numel(epochs));
  values(strcmp(status, 'pending'), :) = NaN;
end
