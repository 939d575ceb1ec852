function cells = cells(file, inactive)
% CELLS  A row for each point of the grid, with statistics over its repeats. In MATLAB a table, in Octave a struct.
% nngrid.cells(file, true) has the inactive cells too, which are no longer in the grid.
  cells = nngrid.read_columns(file, '/cells', 'cell', {}, nargin > 1 && inactive);
  if ~nngrid.is_octave()
    cells = struct2table(cells);
  end
end
