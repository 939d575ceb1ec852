function [names, sizes, groups] = datasets(file, group)
% DATASETS  Names and sizes (as nngrid-results(5) orders them) of what a group of the file holds, and its subgroups.
  if nngrid.is_octave()
    info = ncinfo(file, group);
    [names, extents] = list(info, 'Variables', @(item) item.Size);
  else
    info = h5info(file, group);
    [names, extents] = list(info, 'Datasets', @(item) item.Dataspace.Size);
  end
  sizes = cellfun(@(extent) fliplr(double(extent(:).')), extents, 'UniformOutput', false);
  groups = list(info, 'Groups', @(item) []);
  for i = 1:numel(groups)
    parts = strsplit(groups{i}, '/'); % h5info gives whole paths
    groups{i} = parts{end};
  end
end

function [names, extents] = list(info, field, extent_of)
% ncinfo leaves a field out where there is nothing to list.
  names = {};
  extents = {};
  if isfield(info, field)
    for item = reshape(info.(field), 1, [])
      names{end + 1} = item.Name; %#ok<AGROW>
      extents{end + 1} = extent_of(item); %#ok<AGROW>
    end
  end
end
