/* The table of files that are common and that are not read: by their first bytes, else by their ending. */
#include "data/formats/foreign.h"
#include "base/file.h"
#include "data/formats/format.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HEAD_BYTES = 4096 };

typedef struct bytes {
    const unsigned char *at;
    size_t n;
} bytes;

typedef bool recogniser(bytes head);

/* A kind of file: bytes at a place, or a function that looks at the head, or endings of names alone. */
typedef struct foreign {
    const char *what, *remedy;
    const char *signature;
    size_t length, offset;
    recogniser *is;
    const char *endings; /* separated by blanks, or NULL */
} foreign;

/* ---- what no single signature tells ---- */

static bytes without_blanks(bytes head)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (head.n >= 3 && memcmp(head.at, mark, 3) == 0)
        head = (bytes){head.at + 3, head.n - 3};
    while (head.n > 0 && isspace(*head.at))
        head = (bytes){head.at + 1, head.n - 1};
    return head;
}

static bool begins(bytes head, const char *word)
{
    const size_t n = strlen(word);
    return head.n >= n && strncasecmp((const char *)head.at, word, n) == 0;
}

static bool is_html(bytes head)
{
    head = without_blanks(head);
    return begins(head, "<!doctype html") || begins(head, "<html") || begins(head, "<head") || begins(head, "<body");
}

static bool is_xml(bytes head)
{
    return begins(without_blanks(head), "<?xml");
}

static bool is_pickle(bytes head)
{
    return head.n >= 2 && head.at[0] == 0x80 && head.at[1] >= 2 && head.at[1] <= 5;
}

/* Is the first line, which begins with a bracket, one list? */
static bool is_line_of_list(bytes head)
{
    const unsigned char *end = memchr(head.at, '\n', head.n);
    size_t n = end != NULL ? (size_t)(end - head.at) : head.n;
    while (n > 0 && isspace(head.at[n - 1]))
        n--;
    return head.at[n - 1] == ']' && memchr(head.at, ']', n) == head.at + n - 1;
}

/* Objects and arrays; a field in braces or brackets alone is no JSON. */
static bool is_json(bytes head)
{
    head = without_blanks(head);
    const bool object = begins(head, "{"), list = begins(head, "[");
    if (!object && !list)
        return false;
    if (list && is_line_of_list(head))
        return true;
    head = without_blanks((bytes){head.at + 1, head.n - 1});
    return head.n > 0 && (object ? *head.at == '"' || *head.at == '}' : strchr("{[\"", *head.at) != NULL);
}

/* Does the first line, behind comments with #, hold a number and pairs of a whole number and a number, "1:0.5"? */
static bool is_svmlight(bytes head)
{
    static const char digits[] = "0123456789";
    head = without_blanks(head);
    while (head.n > 0 && *head.at == '#') {
        const unsigned char *end = memchr(head.at, '\n', head.n);
        head = without_blanks(end == NULL ? (bytes){head.at, 0} : (bytes){end, head.n - (size_t)(end - head.at)});
    }
    char line[256];
    snprintf(line, sizeof line, "%.*s", (int)(head.n < sizeof line ? head.n : sizeof line - 1), (const char *)head.at);
    line[strcspn(line, "\r\n")] = '\0';
    char *p = line + strspn(line, "+-.,eE0123456789"); /* labels may be several */
    for (int i = 0; i < 2 && p > line && *p == ' '; i++) {
        p += strspn(p, " ");
        const size_t n = strncmp(p, "qid", 3) == 0 ? 3 : strspn(p, digits);
        if (n == 0 || p[n] != ':' || strchr("+-.0123456789", p[n + 1]) == NULL)
            return false;
        p += n + strcspn(p + n, " ");
        if (*p == '\0' || i == 1)
            return true;
    }
    return false;
}

/* ARFF has comments after %. */
static bool is_arff(bytes head)
{
    head = without_blanks(head);
    while (head.n > 0 && *head.at == '%') {
        const unsigned char *end = memchr(head.at, '\n', head.n);
        head = without_blanks(end == NULL ? (bytes){head.at, 0} : (bytes){end, head.n - (size_t)(end - head.at)});
    }
    return begins(head, "@relation");
}

/* The name of the first file in a zip archive, which stands in its header. */
static bytes first_name(bytes head)
{
    enum { LENGTH_AT = 26, NAME_AT = 30 };
    if (head.n < NAME_AT || memcmp(head.at, "PK\3\4", 4) != 0)
        return (bytes){head.at, 0};
    const size_t n = (size_t)head.at[LENGTH_AT] + 256 * (size_t)head.at[LENGTH_AT + 1];
    return (bytes){head.at + NAME_AT, n < head.n - NAME_AT ? n : head.n - NAME_AT};
}

static bool is_xlsx(bytes head)
{
    const bytes name = first_name(head);
    return begins(name, "[Content_Types].xml") || begins(name, "_rels/") || begins(name, "xl/") ||
           begins(name, "docProps/");
}

static bool is_ods(bytes head)
{
    const bytes name = first_name(head);
    return begins(name, "mimetype") && begins((bytes){name.at + 8, head.n - (size_t)(name.at + 8 - head.at)},
                                              "application/vnd.oasis.opendocument.spreadsheet");
}

static bool is_torch(bytes head)
{
    const bytes name = first_name(head);
    return name.n > 9 && memcmp(name.at + name.n - 9, "/data.pkl", 9) == 0;
}

static bool is_other_zip(bytes head)
{
    const bytes name = first_name(head);
    return name.n > 0 && (name.n < 4 || memcmp(name.at + name.n - 4, ".npy", 4) != 0);
}

/* ---- the table ---- */

#define SIGNATURE(text)       .signature = (text), .length = sizeof(text) - 1
#define SIGNATURE_AT(n, text) SIGNATURE(text), .offset = (n)
#define SAVE_AS_CSV           "save the sheet as CSV in UTF-8"
#define FROM_PANDAS(read)                                                                                              \
    "write it as CSV, for instance in Python: pandas." read "(FILE).to_csv(\"data.csv\", index=False)"
static const foreign kinds[] = {
    {"an Excel workbook", SAVE_AS_CSV, .is = is_xlsx},
    {"an OpenDocument sheet", SAVE_AS_CSV, .is = is_ods},
    {"an Excel workbook of the old kind (.xls)", SAVE_AS_CSV, SIGNATURE("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
    {"a model or tensors of PyTorch", "write the arrays with numpy.save", .is = is_torch},
    {"a zip archive", "unpack it with unzip and name the file in it", .is = is_other_zip},
    {"a Python pickle", "write arrays with numpy.save, or tables with to_csv(\"data.csv\", index=False)",
     .is = is_pickle},
    {"packed by bzip2", "unpack it with bunzip2; gzip alone is read packed", SIGNATURE("BZh")},
    {"packed by xz", "unpack it with unxz; gzip alone is read packed",
     SIGNATURE("\xfd"
               "7zXZ\0")},
    {"packed by zstd", "unpack it with unzstd; gzip alone is read packed", SIGNATURE("\x28\xb5\x2f\xfd")},
    {"packed by lz4", "unpack it with unlz4; gzip alone is read packed", SIGNATURE("\x04\x22\x4d\x18")},
    {"packed by compress (.Z)", "unpack it with gunzip; gzip alone is read packed", SIGNATURE("\x1f\x9d")},
    {"packed by gzip twice", "unpack it once with gunzip", SIGNATURE("\x1f\x8b\x08")},
    {"a 7-Zip archive", "unpack it and name the file in it", SIGNATURE("7z\xbc\xaf\x27\x1c")},
    {"a RAR archive", "unpack it and name the file in it", SIGNATURE("Rar!\x1a\x07")},
    {"a tar archive", "unpack it with tar -xf and name the file in it", SIGNATURE_AT(257, "ustar")},
    {"an HTML page", "a download that failed, or a page about the data: get the file itself", .is = is_html},
    {"a Git LFS pointer", "only a note of where the data are: get them with git lfs pull",
     SIGNATURE("version https://git-lfs.github.com/spec/")},
    {"a git-annex pointer", "only a note of where the data are: get them with git annex get",
     SIGNATURE("/annex/objects/")},
    {"netCDF-3", "convert it with nccopy -k nc4, or ncks -4", SIGNATURE("CDF\1")},
    {"netCDF-3", "convert it with nccopy -k nc4, or ncks -4", SIGNATURE("CDF\2")},
    {"netCDF-3 (CDF-5)", "convert it with nccopy -k nc4, or ncks -4", SIGNATURE("CDF\5")},
    {"HDF4", "convert it with h4toh5", SIGNATURE("\x0e\x03\x13\x01")},
    {"Parquet", FROM_PANDAS("read_parquet"), SIGNATURE("PAR1")},
    {"Arrow (Feather)", FROM_PANDAS("read_feather"), SIGNATURE("ARROW1\0")},
    {"Arrow (Feather)", FROM_PANDAS("read_feather"), SIGNATURE("FEA1")},
    {"ORC", FROM_PANDAS("read_orc"), SIGNATURE("ORC")},
    {"Avro", "write it as CSV", SIGNATURE("Obj\1")},
    {"an SQLite database", "write the table as CSV: sqlite3 -header -csv FILE 'select * from NAME' > data.csv",
     SIGNATURE("SQLite format 3\0")},
    {"an R data file", "write it as CSV in R: write.csv(d, \"data.csv\", row.names=FALSE)", SIGNATURE("RDX2\n")},
    {"an R data file", "write it as CSV in R: write.csv(d, \"data.csv\", row.names=FALSE)", SIGNATURE("RDX3\n")},
    {"an R data file (.rds)", "write it as CSV in R: write.csv(d, \"data.csv\", row.names=FALSE)",
     SIGNATURE("X\n\0\0\0")},
    {"an SPSS data file", FROM_PANDAS("read_spss"), SIGNATURE("$FL2")},
    {"a Stata data file", FROM_PANDAS("read_stata"), SIGNATURE("<stata_dta>")},
    {"a PDF document", "get the data as CSV", SIGNATURE("%PDF-")},
    {"a PNG picture", "write the pixels with numpy.save", SIGNATURE("\x89PNG\r\n")},
    {"a JPEG picture", "write the pixels with numpy.save", SIGNATURE("\xff\xd8\xff")},
    {"a program", "name the file of the data",
     SIGNATURE("\x7f"
               "ELF")},
    {"ARFF (Weka)", "remove the lines that begin with % and @, which leaves CSV", .is = is_arff},
    {"of Octave's own format", "save it with save(\"-v7\", \"data.mat\", \"X\", \"y\")",
     SIGNATURE("# Created by Octave")},
    {"of Octave's own format", "save it with save(\"-v7\", \"data.mat\", \"X\", \"y\")", SIGNATURE("Octave-1-")},
    {"svmlight (libsvm)",
     "write it as CSV, for instance in Python: X, y = sklearn.datasets.load_svmlight_file(FILE); "
     "numpy.savetxt(\"data.csv\", numpy.c_[X.toarray(), y], delimiter=\",\")",
     .is = is_svmlight},
    {"JSON lines", FROM_PANDAS("read_json"), .endings = ".jsonl .ndjson"},
    {"JSON", FROM_PANDAS("read_json"), .is = is_json},
    {"XML", FROM_PANDAS("read_xml"), .is = is_xml},
    {"named as an Excel workbook", SAVE_AS_CSV, .endings = ".xls .xlsx"},
    {"named as an OpenDocument sheet", SAVE_AS_CSV, .endings = ".ods"},
    {"named as Parquet", FROM_PANDAS("read_parquet"), .endings = ".parquet"},
    {"named as Arrow (Feather)", FROM_PANDAS("read_feather"), .endings = ".feather .arrow"},
    {"named as ARFF", "remove the lines that begin with % and @, which leaves CSV", .endings = ".arff"},
    {"named as JSON", FROM_PANDAS("read_json"), .endings = ".json"},
};

static bool has_ending(const char *path, const char *endings)
{
    char ending[16];
    for (size_t n; *endings != '\0'; endings += n + strspn(endings + n, " ")) {
        n = strcspn(endings, " ");
        snprintf(ending, sizeof ending, "%.*s", (int)n, endings);
        if (file_ends(path, ending))
            return true;
    }
    return false;
}

/* Is there a byte that no text has? */
static bool is_binary(bytes head)
{
    for (size_t i = 0; i < head.n; i++)
        if (head.at[i] < '\t' || (head.at[i] > '\r' && head.at[i] < ' ' && head.at[i] != 0x1b))
            return true;
    return false;
}

/* A short signature could be the name of a column. */
static bool is_signed(const foreign *kind, bytes head)
{
    enum { LONG = 15 };
    return head.n >= kind->offset + kind->length &&
           memcmp(head.at + kind->offset, kind->signature, kind->length) == 0 &&
           (kind->length >= LONG || is_binary(head));
}

static bool is_of(const foreign *kind, bytes head, const char *path)
{
    if (kind->is != NULL)
        return kind->is(head);
    if (kind->signature != NULL)
        return is_signed(kind, head);
    return has_ending(path, kind->endings);
}

nn_status data_refuse_foreign(loader *l)
{
    unsigned char first[HEAD_BYTES];
    const bytes head = {first, file_head(data_opened(l, l->path), first, sizeof first)};
    if (l->format->is != NULL && l->format->is(head.at, head.n) && !is_other_zip(head))
        return NN_ok;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is_of(&kinds[i], head, l->path))
            return data_spec_mistake(l, l->at, "%s is %s, which is not read; %s", l->path, kinds[i].what,
                                     kinds[i].remedy);
    return NN_ok;
}
