function n = shown(file, group, inactive)
% SHOWN  How many rows of /runs or /cells are shown: inactive ones are the last, and are shown only if `inactive` is
% true.
  index = struct('runs', 'run', 'cells', 'cell').(group(2:end));
  names = nngrid.datasets(file, group);
  if ~inactive && any(strcmp(names, 'active'))
    n = sum(nngrid.read(file, [group '/active']) == 1);
  else
    n = numel(nngrid.read(file, [group '/' index]));
  end
end
