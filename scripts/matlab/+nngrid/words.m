function words = words(file, path, codes)
% WORDS  The names of the codes of a categorical column, as a cell array; [] if the column is not categorical.
  words = [];
  try
    if nngrid.is_octave()
      values = ncreadatt(file, path, 'flag_values');
      meanings = ncreadatt(file, path, 'flag_meanings');
    else
      values = h5readatt(file, path, 'flag_values');
      meanings = h5readatt(file, path, 'flag_meanings');
    end
  catch
    return
  end
  words = nngrid.words_of(values, meanings, codes);
end
