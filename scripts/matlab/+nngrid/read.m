function values = read(file, path)
% READ  One dataset of a results file, its dimensions in the order in which nngrid-results(5) names them.
%   nngrid.read('out.h5', '/runs/best_test_error')   column vector
%   nngrid.read('out.h5', '/curves/train_loss')      [run x epoch]
% MATLAB and netCDF hand dimensions over reversed; here they are put right.
  if nngrid.is_octave()
    values = ncread(file, path);
  else
    values = h5read(file, path);
  end
  if ~isvector(values)
    values = permute(values, ndims(values):-1:1);
  elseif size(values, 1) == 1
    values = values(:);
  end
end
