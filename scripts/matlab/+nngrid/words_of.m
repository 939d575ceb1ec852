function words = words_of(flag_values, flag_meanings, codes)
% WORDS_OF  The names of codes, as a cell array, by the attributes of their column; [] if it has none.
  words = [];
  if isempty(flag_meanings)
    return
  end
  if iscell(flag_meanings)
    flag_meanings = flag_meanings{1};
  end
  meanings = strsplit(strtrim(strrep(char(flag_meanings), char(0), ' ')), ' ');
  words = cell(numel(codes), 1);
  for i = 1:numel(codes)
    at = find(double(flag_values) == double(codes(i)), 1);
    if isempty(at)
      words{i} = num2str(codes(i));
    else
      words{i} = meanings{at};
    end
  end
end
