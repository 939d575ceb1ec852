function words = words(file, path, codes)
% WORDS  What the codes of a column of choices mean, as a cell array; [] if the column has no words.
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
