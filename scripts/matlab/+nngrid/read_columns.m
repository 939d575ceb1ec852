function columns = read_columns(file, group, index, first, inactive)
% READ_COLUMNS  Every column of a group that runs along the dimension `index`, as a struct; `first` is read first,
% since a row whose status is final when it is read is whole, even while nngrid is training. Inactive
% rows, and the column `active`, are left out unless `inactive` is true. Names with a dot, which no field can have, get
% an underscore in its place: data.scale is the field data_scale.
  [names, sizes] = nngrid.datasets(file, group);
  rows = sizes{strcmp(names, index)};
  names = names(cellfun(@(extent) isequal(extent, rows), sizes));
  shown = nngrid.shown(file, group, inactive);
  if ~inactive
    names = names(~strcmp(names, 'active'));
  end
  names = [{index}, first, names(~ismember(names, [{index}, first]))];
  if nngrid.is_octave()
    columns = by_netcdf(file, group, names);
  else
    columns = struct();
    for i = 1:numel(names)
      path = [group '/' names{i}];
      values = nngrid.read(file, path);
      columns.(strrep(names{i}, '.', '_')) = natural(values, nngrid.words(file, path, values));
    end
  end
  columns.(index) = double(columns.(index));
  columns = structfun(@(values) values(1:shown), columns, 'UniformOutput', false);
end

function values = natural(values, words)
% Truth values (the only columns of type uint8) become logical, categorical values their names.
  if isa(values, 'uint8')
    values = values == 1;
  elseif ~isempty(words)
    values = words;
  end
end

function columns = by_netcdf(file, group, names)
% Opens the file once, since a hundred openings take seconds.
  ncid = netcdf_open(file, 'NC_NOWRITE');
  closing = onCleanup(@() netcdf_close(ncid));
  id = netcdf_inqGrpFullNcid(ncid, group);
  columns = struct();
  for i = 1:numel(names)
    variable = netcdf_inqVarID(id, names{i});
    values = netcdf_getVar(id, variable);
    words = nngrid.words_of(attribute(id, variable, 'flag_values'), attribute(id, variable, 'flag_meanings'), values);
    columns.(strrep(names{i}, '.', '_')) = natural(values(:), words);
  end
end

function value = attribute(id, variable, name)
  try
    value = netcdf_getAtt(id, variable, name);
  catch
    value = [];
  end
end
