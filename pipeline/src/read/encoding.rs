//! Encodings of text files: found out over the whole file, never guessed from its beginning.
//!
//! A mark (BOM) decides. Without one, text that is UTF-8 to its end is UTF-8; text that is not, but GB18030 to its end, is
//! GB18030. A file that reads as UTF-8 Chinese for a while and then breaks is broken UTF-8 and not GB18030. One that is both, without
//! a Chinese character in UTF-8 to decide it, is refused.

use std::{
    fmt,
    io::{self, Read},
};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_16BE, UTF_16LE};

use super::fault::{Fault, Trouble};

/// An encoding of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf8Marked,
    Utf16Le,
    Utf16Be,
    Gb18030,
}

impl Encoding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf8Marked => "UTF-8 (BOM)",
            Encoding::Utf16Le => "UTF-16LE (BOM)",
            Encoding::Utf16Be => "UTF-16BE (BOM)",
            Encoding::Gb18030 => "GB18030",
        }
    }

    /// The encoding that a mark at the beginning states.
    pub(crate) fn marked(head: &[u8]) -> Option<Encoding> {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => Some(Encoding::Utf8Marked),
            [0xFF, 0xFE, ..] => Some(Encoding::Utf16Le),
            [0xFE, 0xFF, ..] => Some(Encoding::Utf16Be),
            _ => None,
        }
    }

    /// The text as UTF-8 without its mark. UTF-8 goes through as it is, unchecked.
    pub(crate) fn decode<'r>(self, reader: impl Read + 'r) -> Box<dyn Read + 'r> {
        match self {
            Encoding::Utf8 => Box::new(reader),
            Encoding::Utf8Marked => Box::new(Unmarked { reader, started: false }),
            Encoding::Utf16Le => Box::new(Decoded::new(reader, UTF_16LE.new_decoder_with_bom_removal())),
            Encoding::Utf16Be => Box::new(Decoded::new(reader, UTF_16BE.new_decoder_with_bom_removal())),
            Encoding::Gb18030 => Box::new(Decoded::new(reader, GB18030.new_decoder_without_bom_handling())),
        }
    }
}

/// What a walk over the whole text found.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The row of the first bytes that are no text of the encoding.
    pub(crate) broken_at: Option<u64>,
    /// Whether enough Chinese came before them to be sure of the encoding.
    pub(crate) certain: bool,
    /// Whether there is anything but ASCII, and yet no Chinese character: what is read as Latin letters may be Chinese of GBK.
    pub(crate) doubtful: bool,
    /// Whether the text has marks of an earlier wrong conversion.
    pub(crate) mojibake: bool,
}

/// Chinese characters in a row that no GBK text shows by chance when taken for UTF-8.
const CERTAIN: usize = 8;

/// Marks that a wrong conversion leaves behind.
pub(crate) const MOJIBAKE: [&str; 2] = ["\u{FFFD}", "锟斤拷"];

/// Walks over the whole text.
pub(crate) fn survey(reader: impl Read, encoding: Encoding) -> Result<Survey, Trouble> {
    let mut reader = encoding.decode(reader);
    let mut survey = Survey::default();
    let mut buffer = vec![0; 256 * 1024];
    let (mut kept, mut wide, mut feeds, mut returns) = (0, 0, 0, 0);
    let mut foreign = false;
    let row = |feeds: usize, returns: usize| 1 + feeds.max(returns) as u64;
    loop {
        let n = match reader.read(&mut buffer[kept..]) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Malformed>()) => {
                survey.broken_at = Some(row(feeds, returns));
                return Ok(survey);
            }
            Err(error) => return Err(error.into()),
        };
        let filled = &buffer[..kept + n];
        let (text, rest) = filled.split_at(encoding_rs::Encoding::utf8_valid_up_to(filled));
        let broken = std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_some() || n == 0);
        foreign = foreign || !text.is_ascii();
        if wide < CERTAIN {
            let text = std::str::from_utf8(text).unwrap_or_default();
            wide += text.chars().filter(|&letter| '\u{2E80}' <= letter).take(CERTAIN).count();
            survey.certain = CERTAIN <= wide;
        }
        survey.doubtful = foreign && wide == 0;
        if let Some(at) = memchr::memchr(0, text) {
            let before = &text[..at];
            let more = memchr::memchr_iter(b'\n', before).count();
            return Err(Trouble::at(row(feeds + more, returns), Fault::Nul));
        }
        survey.mojibake =
            survey.mojibake || MOJIBAKE.iter().any(|mark| memchr::memmem::find(filled, mark.as_bytes()).is_some());
        feeds += memchr::memchr_iter(b'\n', text).count();
        returns += memchr::memchr_iter(b'\r', text).count();
        if broken {
            survey.broken_at = Some(row(feeds, returns));
            return Ok(survey);
        }
        if n == 0 {
            return Ok(survey);
        }
        let (valid, end) = (text.len(), filled.len());
        kept = end - valid;
        buffer.copy_within(valid..end, 0);
    }
}

/// Skips the mark of UTF-8.
struct Unmarked<R> {
    reader: R,
    started: bool,
}

impl<R: Read> Read for Unmarked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.started {
            self.reader.read_exact(&mut [0; 3])?;
            self.started = true;
        }
        self.reader.read(buffer)
    }
}

/// The error of a decoder that met bytes of no character.
#[derive(Debug)]
struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed text")
    }
}

impl std::error::Error for Malformed {}

/// Text turned into UTF-8 on its way.
struct Decoded<R> {
    reader: R,
    decoder: Decoder,
    raw: Vec<u8>,
    next: usize,
    filled: usize,
    out: Vec<u8>,
    taken: usize,
    written: usize,
    ended: bool,
    broken: bool,
}

impl<R: Read> Decoded<R> {
    fn new(reader: R, decoder: Decoder) -> Decoded<R> {
        Decoded {
            reader,
            decoder,
            raw: vec![0; 64 * 1024],
            next: 0,
            filled: 0,
            out: vec![0; 192 * 1024],
            taken: 0,
            written: 0,
            ended: false,
            broken: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        (self.taken, self.written) = (0, 0);
        while self.written == 0 && !self.broken {
            if self.next == self.filled {
                if self.ended {
                    return Ok(());
                }
                (self.next, self.filled) = (0, self.reader.read(&mut self.raw)?);
                self.ended = self.filled == 0;
            }
            let source = &self.raw[self.next..self.filled];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(source, &mut self.out, self.ended);
            self.next += read;
            self.written = written;
            self.broken = matches!(result, DecoderResult::Malformed(..));
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.written && !self.broken {
            self.refill()?;
        }
        if self.taken == self.written {
            return if self.broken { Err(io::Error::new(io::ErrorKind::InvalidData, Malformed)) } else { Ok(0) };
        }
        let ready = &self.out[self.taken..self.written];
        let n = ready.len().min(buffer.len());
        buffer[..n].copy_from_slice(&ready[..n]);
        self.taken += n;
        Ok(n)
    }
}
