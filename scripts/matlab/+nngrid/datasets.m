function [names, sizes, groups] = datasets(file, group)
% DATASETS  Names and sizes (as nngrid-results(5) orders them) of what a group of the file holds, and its subgroups.
  if nngrid.is_octave()
    info = ncinfo(file, group);
    variables = info.Variables;
    subgroups = info.Groups;
    field = 'Size';
  else
    info = h5info(file, group);
    variables = info.Datasets;
    subgroups = info.Groups;
    field = 'Dataspace';
  end
  names = cell(1, numel(variables));
  sizes = cell(1, numel(variables));
  for i = 1:numel(variables)
    names{i} = variables(i).Name;
    extent = variables(i).(field);
    if isstruct(extent)
      extent = extent.Size;
    end
    sizes{i} = fliplr(double(extent(:).'));
  end
  groups = cell(1, numel(subgroups));
  for i = 1:numel(subgroups)
    parts = strsplit(subgroups(i).Name, '/');
    groups{i} = parts{end};
  end
end
