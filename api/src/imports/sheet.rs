//! A CSV file as header and rows: UTF-8 with or without a byte order mark, comma, semicolon or tab.

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord, Trim};
use domain::lang::Text;

/// A file that is read row by row.
pub struct Sheet<'a> {
    bytes: &'a [u8],
    reader: Reader<&'a [u8]>,
    record: ByteRecord,
    width: usize,
    /// How many lines there are before which byte.
    counted: (u64, usize),
}

/// One row, with the line it begins at.
pub struct SheetRow {
    /// Line of the file; the header is line 1.
    pub line: u64,
    /// The cells, or why the row cannot be read at all.
    pub cells: Result<StringRecord, Text>,
}

impl<'a> Sheet<'a> {
    /// Opens a file: its headers, and the rows to come.
    pub fn open(bytes: &'a [u8]) -> Result<(Vec<String>, Self), Text> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter(bytes))
            .flexible(true)
            .trim(Trim::All)
            .from_reader(bytes);
        let headers: Vec<String> = match reader.headers() {
            Ok(headers) => headers.iter().map(str::to_owned).collect(),
            Err(_) => return Err(not_utf8()),
        };
        if headers.iter().all(String::is_empty) {
            return Err(Text::fixed("The file is empty.", "ファイルが空です。"));
        }
        let width = headers.len();
        let sheet = Self {
            bytes,
            reader,
            record: ByteRecord::new(),
            width,
            counted: (0, 0),
        };
        Ok((headers, sheet))
    }

    /// The line at which the row after byte `from` begins. The reader's own count stops before empty lines.
    fn line(&mut self, from: Option<u64>) -> u64 {
        let from = from
            .and_then(|from| usize::try_from(from).ok())
            .unwrap_or(self.bytes.len());
        let rest = self.bytes.get(from..).unwrap_or_default();
        let start = from + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (lines, until) = self.counted;
        let between = self.bytes.get(until..start).unwrap_or_default();
        let more = between.iter().filter(|byte| **byte == b'\n').count();
        self.counted = (lines + u64::try_from(more).unwrap_or(0), start.max(until));
        self.counted.0 + 1
    }

    fn read(&mut self) -> Option<SheetRow> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => {
                let from = self.record.position().map(csv::Position::byte);
                Some(SheetRow {
                    line: self.line(from),
                    cells: self.cells(),
                })
            }
            // Reading from memory cannot fail, and rows of any width are taken.
            Err(error) => {
                let from = error.position().map(csv::Position::byte);
                let why = error.to_string();
                Some(SheetRow {
                    line: self.line(from),
                    cells: Err(Text::new(why.clone(), why)),
                })
            }
        }
    }

    fn cells(&self) -> Result<StringRecord, Text> {
        let (has, width) = (self.record.len(), self.width);
        if has != width {
            return Err(Text::new(
                format!("The row has {has} cells and the header has {width}."),
                format!("列数が{has}で、見出しの{width}列と一致しません。"),
            ));
        }
        StringRecord::from_byte_record(self.record.clone()).map_err(|_| not_utf8())
    }
}

impl Iterator for Sheet<'_> {
    type Item = SheetRow;

    fn next(&mut self) -> Option<SheetRow> {
        self.read()
    }
}

fn not_utf8() -> Text {
    Text::fixed(
        "The text is not UTF-8: save the file as \"CSV UTF-8\".",
        "文字コードがUTF-8ではありません。「CSV UTF-8」形式で保存してください。",
    )
}

/// The one of comma, semicolon and tab that the header has most of.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| header.iter().filter(|byte| **byte == wanted).count();
    [b';', b'\t']
        .into_iter()
        .filter(|other| count(*other) > count(b','))
        .max_by_key(|other| count(*other))
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(bytes: &[u8]) -> (Vec<String>, Vec<SheetRow>) {
        let (headers, sheet) = Sheet::open(bytes).unwrap();
        (headers, sheet.collect())
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_header() {
        let (headers, rows) = read("\u{feff}id, name \r\n1,たなか\r\n".as_bytes());
        assert_eq!(headers, ["id", "name"]);
        assert_eq!(rows[0].cells.as_ref().unwrap(), &vec!["1", "たなか"]);
    }

    #[test]
    fn lines_are_counted_through_quoted_line_breaks() {
        let (_, rows) = read(b"id,note\n1,\"two\nlines\"\n\n2,x\n");
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5]);
        let (_, rows) = read(b"id,note\r\n\r\n1,\"two\r\nlines\"\r\n\r\n\r\n2,x");
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 7]);
    }

    #[test]
    fn short_and_long_rows_are_refused_and_the_rest_goes_on() {
        let (_, rows) = read(b"id,name\n1\n2,b,c\n3,d\n");
        assert!(rows[0].cells.as_ref().unwrap_err().en.contains("1 cells"));
        assert!(rows[1].cells.as_ref().unwrap_err().en.contains("3 cells"));
        assert!(rows[2].cells.is_ok());
    }

    #[test]
    fn other_encodings_are_named_by_row_or_header() {
        let (_, rows) = read(b"id,name\n1,\x93\xfa\x96\x7b\n2,ok\n");
        assert!(rows[0].cells.as_ref().unwrap_err().en.contains("UTF-8"));
        assert!(rows[1].cells.is_ok());
        assert!(Sheet::open(b"\x93\xfa,x\n").is_err());
        assert!(Sheet::open(b"").is_err());
    }

    #[test]
    fn semicolons_and_tabs_are_found() {
        assert_eq!(read(b"id;name\n1;a\n").0, ["id", "name"]);
        assert_eq!(read(b"id\tname\n1\ta\n").0, ["id", "name"]);
    }
}
