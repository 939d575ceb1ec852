function results = open(file)
% OPEN  What a results file holds, at a glance; the file may be live.
%   r = nngrid.open('results/xor.h5')
% gives a struct: file, state (running, stopped, complete), runs (how many), finished, and inactive (the runs that are
% no longer in the grid, which the other numbers do not count).
  if ~exist(file, 'file')
    error('nngrid:open', 'there is no file %s', file);
  end
  status = nngrid.words(file, '/runs/status', nngrid.read(file, '/runs/status'));
  state = nngrid.words(file, '/state', nngrid.read(file, '/state'));
  shown = nngrid.shown(file, '/runs', false);
  results = struct('file', file, 'state', state{1}, 'runs', shown, ...
                   'finished', sum(~strcmp(status(1:shown), 'pending')), 'inactive', numel(status) - shown);
end
