function cells = cells(file, inactive)
% CELLS  A row for each point of the grid, with statistics over its repeats. In MATLAB a table, in Octave a struct.
% nngrid.cells(file, true) has those that have left the grid and are kept, too.
  cells = nngrid.read_columns(file, '/cells', 'cell', {}, nargin > 1 && inactive);
  if ~nngrid.is_octave()
    cells = struct2table(cells);
  end
end
