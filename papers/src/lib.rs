//! The papers (文书) an office must produce, as HTML and as PDF.
//!
//! Every paper is a struct of facts that can be read from JSON ([`from_json`]) and turns into one document model, [`Paper`]. Two renderers
//! take that model: [`html()`] makes a page that stands alone, [`pdf()`] a file with the project's font in it. Equal papers make equal bytes;
//! nothing asks for the day, the network or a file.
//!
//! **Masks.** A personal number (学籍号, 身份证件号, 电话) stands whole only in the transfer form, by which another office finds the record,
//! and in the certificates 在读证明 and 学历证明, by which a third party recognises the holder. Everywhere else it is masked with
//! [`domain::identity::masked`], and the foot of the paper says so.
//!
//! **Characters.** Names hold characters that the font does not. [`missing_glyphs`] lists them; the PDF shows 〓 in their place and both
//! renderers print their codes at the foot. Characters that show nothing and could turn their neighbours are written out as their code.
//! Text of people is never part of a template: it reaches the page as data.

mod class_list;
mod collection_form;
mod dropout_letter;
mod enrolment_certificate;
mod error;
mod font;
mod html;
mod kind;
mod measure;
mod migrant_handover;
mod names;
mod paper;
mod pdf;
mod person;
mod reading;
mod resumption_notice;
mod schooling_certificate;
mod sign_off_sheet;
mod suspension_notice;
mod transfer_form;
mod words;

pub use class_list::{ClassList, Listed};
pub use collection_form::CollectionForm;
pub use dropout_letter::{Dropout, DropoutLetter, Visit};
pub use enrolment_certificate::EnrolmentCertificate;
pub use error::PaperError;
pub use font::missing_glyphs;
pub use html::html;
pub use kind::{Facts, Kind, from_json};
pub use measure::Measure;
pub use migrant_handover::{Handed, MigrantHandover};
pub use paper::{Block, Column, Field, Paper, SealLine, Signature, Table};
pub use pdf::{page_count, pdf};
pub use person::{Contact, Guardian, PersonalNumber, Pupil, School, Sex};
pub use resumption_notice::ResumptionNotice;
pub use schooling_certificate::{CertifiedStage, SchoolingCertificate};
pub use sign_off_sheet::{Figure, ReportLevel, Review, SignOffSheet, Signed};
pub use suspension_notice::SuspensionNotice;
pub use transfer_form::{ApprovalMode, Side, TransferForm, TransferStage, TransferStep, Verdict};
pub use words::{NameMasking, day};
