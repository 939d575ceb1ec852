function [names, sizes, groups] = datasets(file, group)
% DATASETS  Names and sizes (as nngrid-results(5) orders them) of what a group of the file holds, and its subgroups.
  if nngrid.is_octave()
    [names, sizes, groups] = by_netcdf(file, group);
  else
    [names, sizes, groups] = by_hdf5(file, group);
  end
end

function [names, sizes, groups] = by_hdf5(file, group)
  info = h5info(file, group);
  names = arrayfun(@(item) item.Name, info.Datasets(:).', 'UniformOutput', false);
  sizes = arrayfun(@(item) fliplr(double(item.Dataspace.Size(:).')), info.Datasets(:).', 'UniformOutput', false);
  groups = arrayfun(@(item) regexprep(item.Name, '.*/', ''), info.Groups(:).', 'UniformOutput', false);
end

function [names, sizes, groups] = by_netcdf(file, group)
% ncinfo fails on attributes that are lists of strings, hence the functions below it.
  ncid = netcdf_open(file, 'NC_NOWRITE');
  closing = onCleanup(@() netcdf_close(ncid));
  id = netcdf_inqGrpFullNcid(ncid, group);
  names = {};
  sizes = {};
  for variable = reshape(netcdf_inqVarIDs(id), 1, [])
    [names{end + 1}, ~, dimensions] = netcdf_inqVar(id, variable); %#ok<AGROW>
    extent = zeros(1, numel(dimensions));
    for d = 1:numel(dimensions)
      [~, extent(d)] = netcdf_inqDim(id, dimensions(d));
    end
    sizes{end + 1} = fliplr(extent); %#ok<AGROW>
  end
  groups = arrayfun(@(child) netcdf_inqGrpName(child), reshape(netcdf_inqGrps(id), 1, []), 'UniformOutput', false);
end
