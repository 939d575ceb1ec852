function [means, values, epochs] = mean_curve(file, name, cell_index)
% MEAN_CURVE  The mean of a curve over the done runs of a cell, the curves of these runs [run x epoch], and the epochs.
%   [loss, ~, epochs] = nngrid.mean_curve('results/digits-overfitting.h5', 'validation_loss', 0);   cells count from 0
% At each epoch the mean is over the runs that got there; NaN where none did.
  of_cell = double(nngrid.read(file, '/runs/cell')) == cell_index;
  of_cell = of_cell(1:nngrid.shown(file, '/runs', false));
  if ~any(of_cell)
    error('nngrid:mean_curve', 'there is no cell %d', cell_index);
  end
  status = nngrid.words(file, '/runs/status', nngrid.read(file, '/runs/status'));
  done = of_cell & strcmp(status(1:numel(of_cell)), 'done');
  if ~any(done)
    error('nngrid:mean_curve', 'no run of cell %d is done', cell_index);
  end
  [values, epochs] = nngrid.curves(file, name);
  values = values(done, :);
  there = isfinite(values);
  numbers = values;
  numbers(~there) = 0;
  means = sum(numbers, 1) ./ sum(there, 1);
end
