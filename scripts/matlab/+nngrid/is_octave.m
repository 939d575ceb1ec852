function yes = is_octave()
% IS_OCTAVE  True in Octave, where the package octave-netcdf reads the file; its functions are loaded here.
  persistent octave
  if isempty(octave)
    octave = exist('OCTAVE_VERSION', 'builtin') ~= 0;
    if octave
      pkg('load', 'netcdf');
    end
  end
  yes = octave;
end
