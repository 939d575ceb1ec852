function results = open(file)
% OPEN  What a results file holds, at a glance; the file may be live.
%   r = nngrid.open('results/xor.h5')
% gives a struct: file, state (running, stopped, complete), runs (how many), finished, axes (the swept settings).
  if ~exist(file, 'file')
    error('nngrid:open', 'there is no file %s', file);
  end
  status = nngrid.words(file, '/runs/status', nngrid.read(file, '/runs/status'));
  state = nngrid.words(file, '/state', nngrid.read(file, '/state'));
  results = struct('file', file, 'state', state{1}, 'runs', numel(status), ...
                   'finished', sum(~strcmp(status, 'pending')));
end
