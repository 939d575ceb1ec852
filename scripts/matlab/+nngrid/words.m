function words = words(file, path, codes)
% WORDS  What the codes of a column of choices mean, as a cell array; [] if the column has no words.
  try
    if nngrid.is_octave()
      values = ncreadatt(file, path, 'flag_values');
      meanings = ncreadatt(file, path, 'flag_meanings');
    else
      values = h5readatt(file, path, 'flag_values');
      meanings = h5readatt(file, path, 'flag_meanings');
    end
  catch
    words = [];
    return
  end
  if iscell(meanings)
    meanings = meanings{1};
  end
  meanings = strsplit(strtrim(strrep(char(meanings), char(0), ' ')), ' ');
  words = cell(numel(codes), 1);
  for i = 1:numel(codes)
    at = find(double(values) == double(codes(i)), 1);
    if isempty(at)
      words{i} = num2str(codes(i));
    else
      words{i} = meanings{at};
    end
  end
end
