function cells = cells(file)
% CELLS  A row for each point of the grid, with statistics over its repeats. In MATLAB a table, in Octave a struct.
  cells = nngrid.read_columns(file, '/cells', 'cell', {});
  if ~nngrid.is_octave()
    cells = struct2table(cells);
  end
end
