function cells = cells(file, inactive)
% CELLS  A row for each point of the grid, with statistics over its done runs. In MATLAB a table, in Octave a struct.
% nngrid.cells(file, true) has the inactive cells too, which are no longer in the grid.
% The statistics are those of the file where these are up to date; else the program computes them ($NNGRID, nngrid on
% the path, or build/nngrid of these sources), or this reader, with fewer columns.
  inactive = nargin > 1 && inactive;
  cells = nngrid.read_columns(file, '/cells', 'cell', {}, inactive);
  if ~is_fresh(file)
    cells = computed_anew(file, cells, inactive);
  end
  if ~nngrid.is_octave()
    cells = struct2table(cells);
  end
end

function fresh = is_fresh(file)
% Are the statistics in the file those of all its final runs? /cells/computed says of how many they are.
  fresh = any(strcmp(nngrid.datasets(file, '/cells'), 'computed'));
  if fresh
    final = sum(~strcmp(nngrid.words(file, '/runs/status', nngrid.read(file, '/runs/status')), 'pending'));
    fresh = nngrid.read(file, '/cells/computed') == final;
  end
end

function cells = computed_anew(file, stored, inactive)
% What is not a statistic is kept: settings, which /runs has too, and keys.
  kept = [strrep(nngrid.datasets(file, '/runs'), '.', '_'), {'key'}];
  kept = kept(~strcmp(kept, 'solved'));
  names = fieldnames(stored);
  cells = stored;
  metrics = {};
  for i = 1:numel(names)
    if ~any(strcmp(names{i}, kept))
      cells = rmfield(cells, names{i});
      metrics = [metrics, regexp(names{i}, '^(.*)_mean$', 'tokens', 'once')]; %#ok<AGROW>
    end
  end
  new = ask_program(file, inactive, numel(cells.cell));
  if isempty(new)
    new = nngrid.cell_statistics(nngrid.runs(file, inactive), numel(cells.cell), metrics);
  end
  names = fieldnames(new);
  for i = 1:numel(names)
    cells.(names{i}) = new.(names{i});
  end
end

function columns = ask_program(file, inactive, n)
% The columns that `nngrid cells` computes; [] where the program is not there or says something else.
  columns = [];
  beside = fullfile(fileparts(mfilename('fullpath')), '..', '..', '..', 'build', 'nngrid');
  program = getenv('NNGRID');
  if isempty(program)
    program = 'nngrid';
    if system('command -v nngrid >/dev/null 2>&1') ~= 0
      program = beside;
    end
  end
  options = {'', ' --inactive'};
  [code, text] = system([quoted(program) ' cells ' quoted(file) ' --json' options{1 + inactive} ' 2>/dev/null']);
  if code ~= 0
    return
  end
  try
    answer = jsondecode(text);
  catch
    return % an Octave before version 7 has no jsondecode
  end
  if answer.cells == n
    columns = structfun(@(values) numbers(values, n), answer.columns, 'UniformOutput', false);
  end
end

function word = quoted(text)
  word = ['''' strrep(text, '''', '''\''''') ''''];
end

function values = numbers(values, n)
% null stands for NaN, also in place of a whole column; columns with nothing else are cell arrays.
  if isempty(values)
    values = NaN(n, 1);
  elseif iscell(values)
    values(cellfun(@isempty, values)) = {NaN};
    values = cell2mat(values);
  end
  values = double(values(:));
end
