function runs = runs(file, inactive)
% RUNS  A row for each run: settings, status and metrics. In MATLAB a table, in Octave a struct of columns.
%   r = nngrid.runs('results/xor.h5');  r.best_test_error(strcmp(r.status, 'done'))
% nngrid.runs(file, true) has the inactive runs too, which are no longer in the grid.
% Categorical columns are cell arrays of names. Run numbers count from 0, as in the file: run k is row k + 1.
  runs = nngrid.read_columns(file, '/runs', 'run', {'status'}, nargin > 1 && inactive);
  pending = strcmp(runs.status, 'pending');
  settings = strrep(nngrid.datasets(file, '/cells'), '.', '_');
  names = fieldnames(runs);
  for i = 1:numel(names)
    % The row of an unfinished run may be half written.
    if isfloat(runs.(names{i})) && ~any(strcmp(settings, names{i}))
      runs.(names{i})(pending) = NaN;
    end
  end
  if ~nngrid.is_octave()
    runs = struct2table(runs);
  end
end
