function plot_curves(file, cell_index)
% PLOT_CURVES  Training and validation loss of a cell: the mean over its done runs and each of these as a thin line.
% At each epoch the mean is over the runs that got there.
%   nngrid.plot_curves('results/digits-overfitting.h5', 0)     cells count from 0, as in the file
  names = nngrid.datasets(file, '/curves');
  colors = {[0 0.447 0.741], [0.85 0.325 0.098]};
  wanted = {'train_loss', 'validation_loss'};
  handles = [];
  labels = {};
  was_held = ishold();
  hold('on');
  for i = 1:numel(wanted)
    if any(strcmp(names, wanted{i}))
      [means, values, epochs] = nngrid.mean_curve(file, wanted{i}, cell_index);
      plot(epochs, values.', 'Color', 0.5 + 0.5 * colors{i});
      handles(end + 1) = plot(epochs, means, 'Color', colors{i}, 'LineWidth', 2); %#ok<AGROW>
      labels{end + 1} = strrep(wanted{i}, '_', ' '); %#ok<AGROW>
    end
  end
  if ~was_held
    hold('off');
  end
  xlabel('epoch');
  legend(handles, labels);
  title(sprintf('cell %d', cell_index));
end
