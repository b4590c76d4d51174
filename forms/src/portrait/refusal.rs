//! Why a file is no portrait to be taken.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::shown;

/// Why a file is refused (退回原因). REQ: ENR-02.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// The name is neither a registration number nor an ID number.
    Name,
    /// A spreadsheet has turned the number of the name into another.
    MangledName,
    /// The check character of the ID number in the name is wrong.
    CheckDigit,
    /// A path that leads out of the folder or the archive.
    Path,
    /// A link.
    Link,
    /// Neither a plain file nor a folder.
    NotAFile,
    /// A file that a system leaves behind, such as a list of thumbnails.
    SystemFile,
    /// A file with a password.
    Encrypted,
    /// More folders within folders than anyone needs.
    Deep,
    /// No bytes.
    Empty,
    /// Too many bytes.
    Large {
        /// The most there may be.
        most: u64,
    },
    /// A file that grows beyond reason when it is inflated.
    Bomb,
    /// The archive's entry is damaged.
    Torn,
    /// The file can't be read.
    Unreadable(String),
    /// Neither JPEG nor PNG.
    Format,
    /// The picture can't be decoded whole.
    Broken,
    /// Too many pixels.
    Pixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// The most pixels there may be.
        most: u64,
    },
    /// Too small.
    Small {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// The least width.
        min_width: u32,
        /// The least height.
        min_height: u32,
    },
    /// Not upright at about 3:4.
    Shape {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// Another person's file shows the same picture.
    SamePicture {
        /// The other file.
        other: String,
    },
    /// The same person has another file with another picture.
    SecondPicture {
        /// The other file.
        other: String,
    },
    /// The same as another file that was refused for contradicting a third.
    Contradicted {
        /// The other file.
        other: String,
    },
}

impl Reason {
    /// The sentence and the advice, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Reason::Name => "文件名不是学籍号或身份证号。请以号码命名,不加其他字".into(),
            Reason::MangledName => "文件名里的号码已被电子表格改写。请用完整号码命名".into(),
            Reason::CheckDigit => "文件名里的身份证号校验位不对。请核对号码".into(),
            Reason::Path => "路径越出文件夹。请重新打包".into(),
            Reason::Link => "是链接。请放入文件本身".into(),
            Reason::NotAFile => "不是普通文件。请放入文件本身".into(),
            Reason::SystemFile => "是系统留下的文件。不必处理".into(),
            Reason::Encrypted => "设有密码。请去掉密码后再交".into(),
            Reason::Deep => "文件夹层次过深。请放到上层".into(),
            Reason::Empty => "文件是空的。请重新导出".into(),
            Reason::Large { most } => format!("超过 {} KiB。请缩小后再交", most >> 10),
            Reason::Bomb => "解压后大得不合理。请重新打包".into(),
            Reason::Torn => "压缩包里的这个文件残缺。请重新打包".into(),
            Reason::Unreadable(what) => format!("无法读取({what})。请检查磁盘和权限"),
            Reason::Format => "内容不是 JPEG 或 PNG 图片。请另存为 JPEG".into(),
            Reason::Broken => "图片残缺,不能完整打开。请重新导出".into(),
            Reason::Pixels { width, height, most } => {
                format!("{width}×{height} 像素,超过 {most} 像素。请缩小后再交")
            }
            Reason::Small { width, height, min_width, min_height } => {
                format!("{width}×{height} 像素,小于 {min_width}×{min_height}。请换清晰的照片")
            }
            Reason::Shape { width, height } => format!("{width}×{height} 像素,不是约 3:4 的竖版。请裁剪"),
            Reason::SamePicture { other } => format!("与 {} 是同一张图片,却属于不同的人。请核对", shown(other)),
            Reason::SecondPicture { other } => format!("与 {} 属于同一人,图片却不同。请只留一张", shown(other)),
            Reason::Contradicted { other } => format!("与已退回的 {} 相同。请一并核对", shown(other)),
        }
    }

    /// The sentence and the advice, in English.
    pub fn en(&self) -> String {
        match self {
            Reason::Name => "is not named by a registration or ID number; name it so, with nothing else".into(),
            Reason::MangledName => "is named by a number that a spreadsheet has changed; use the full number".into(),
            Reason::CheckDigit => "is named by an ID number with a wrong check digit; check the number".into(),
            Reason::Path => "leads out of the folder; pack it again".into(),
            Reason::Link => "is a link; put in the file itself".into(),
            Reason::NotAFile => "is no plain file; put in the file itself".into(),
            Reason::SystemFile => "was left behind by a system; nothing to do".into(),
            Reason::Encrypted => "has a password; remove it".into(),
            Reason::Deep => "lies too deep in folders; move it up".into(),
            Reason::Empty => "is empty; export it again".into(),
            Reason::Large { most } => format!("is larger than {} KiB; make it smaller", most >> 10),
            Reason::Bomb => "grows beyond reason when inflated; pack it again".into(),
            Reason::Torn => "is damaged in the archive; pack it again".into(),
            Reason::Unreadable(what) => format!("cannot be read ({what}); check disk and permissions"),
            Reason::Format => "is neither JPEG nor PNG; save it as JPEG".into(),
            Reason::Broken => "is a picture that cannot be opened whole; export it again".into(),
            Reason::Pixels { width, height, most } => {
                format!("has {width}×{height} pixels, more than {most}; make it smaller")
            }
            Reason::Small { width, height, min_width, min_height } => {
                format!("has {width}×{height} pixels, less than {min_width}×{min_height}; use a sharper picture")
            }
            Reason::Shape { width, height } => {
                format!("has {width}×{height} pixels, not upright at about 3:4; crop it")
            }
            Reason::SamePicture { other } => {
                format!("shows the same picture as {}, which is another person's; check both", shown(other))
            }
            Reason::SecondPicture { other } => {
                format!("is the same person's as {} but shows another picture; keep one", shown(other))
            }
            Reason::Contradicted { other } => format!("is the same as {}, which was refused; check both", shown(other)),
        }
    }
}

/// A file that is no portrait to be taken.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The file within the folder or the archive; its name may show a number.
    pub file: String,
    /// Why.
    pub reason: Reason,
}

impl Refused {
    /// File, sentence and advice in Chinese, the number in the file's name masked.
    pub fn zh(&self) -> String {
        format!("{}:{}。", shown(&self.file), self.reason.zh())
    }

    /// File, sentence and advice in English, the number in the file's name masked.
    pub fn en(&self) -> String {
        format!("{} {}", shown(&self.file), self.reason.en())
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refused({})", self.en())
    }
}

/// A folder or an archive that could not be gone through. REQ: ENR-02.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortraitError {
    /// The archive is no ZIP archive.
    #[error("{}", self.en())]
    NotAnArchive,
    /// The archive breaks off, its directory lies, or its entries lie on top of each other.
    #[error("{}", self.en())]
    Torn,
    /// The archive has too many bytes.
    #[error("{}", self.en())]
    LargeArchive {
        /// The most there may be.
        most: u64,
    },
    /// There are too many files.
    #[error("{}", self.en())]
    ManyFiles {
        /// The most there may be.
        most: usize,
    },
    /// The files together have too many bytes.
    #[error("{}", self.en())]
    TotalBytes {
        /// The most there may be.
        most: u64,
    },
    /// The folder can't be read, or is none.
    #[error("{}", self.en())]
    Unreadable {
        /// The folder, or the part of it, as it is known to whoever called.
        place: String,
        /// What hindered.
        what: String,
    },
}

impl PortraitError {
    /// The sentence and the advice, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            PortraitError::NotAnArchive => "不是 ZIP 压缩包。请用 ZIP 格式打包。".into(),
            PortraitError::Torn => "压缩包残缺。请重新打包。".into(),
            PortraitError::LargeArchive { most } => format!("压缩包超过 {} MiB。请分批打包。", most >> 20),
            PortraitError::ManyFiles { most } => format!("文件超过 {most} 个。请分批上交。"),
            PortraitError::TotalBytes { most } => format!("文件合计超过 {} MiB。请分批上交。", most >> 20),
            PortraitError::Unreadable { place, what } => format!("无法读取 {place}({what})。请检查路径和权限。"),
        }
    }

    /// The sentence and the advice, in English.
    pub fn en(&self) -> String {
        match self {
            PortraitError::NotAnArchive => "no ZIP archive; pack it as ZIP".into(),
            PortraitError::Torn => "the archive is damaged; pack it again".into(),
            PortraitError::LargeArchive { most } => {
                format!("the archive is larger than {} MiB; split it", most >> 20)
            }
            PortraitError::ManyFiles { most } => format!("more than {most} files; split them"),
            PortraitError::TotalBytes { most } => format!("files of more than {} MiB in all; split them", most >> 20),
            PortraitError::Unreadable { place, what } => {
                format!("{place} cannot be read ({what}); check path and permissions")
            }
        }
    }
}
