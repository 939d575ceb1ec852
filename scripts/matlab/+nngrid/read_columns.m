function columns = read_columns(file, group, index, first)
% READ_COLUMNS  Every column of a group that runs along the dimension `index`, as a struct; `first` is read first, since a
% row whose status is final when it is read is whole, even while nngrid is training.
  [names, sizes] = nngrid.datasets(file, group);
  rows = sizes{strcmp(names, index)};
  columns = struct(index, double(nngrid.read(file, [group '/' index])));
  if ~isempty(first)
    columns.(first) = column(file, [group '/' first]);
  end
  for i = 1:numel(names)
    if ~isfield(columns, names{i}) && isequal(sizes{i}, rows)
      columns.(names{i}) = column(file, [group '/' names{i}]);
    end
  end
end

function values = column(file, path)
  values = nngrid.read(file, path);
  words = nngrid.words(file, path, values);
  if ~isempty(words)
    values = words;
    if all(ismember(words, {'true', 'false'}))
      values = strcmp(words, 'true');
    end
  end
end
