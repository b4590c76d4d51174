//! The table provider over real Parquet files with partition columns in the middle of the schema.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int32Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use datafusion::{datasource::object_store::ObjectStoreUrl, prelude::SessionContext};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, memory::InMemory, path::Path};
use parquet::arrow::ArrowWriter;
use queries::provider::FileTable;
use warehouse::run::{Contents, DataFile};

use crate::world::lines;

async fn file(store: &InMemory, path: &str, source: &str, numbers: &[i32], words: &[&str]) -> DataFile {
    let batch = RecordBatch::try_from_iter([
        ("number", Arc::new(Int32Array::from(numbers.to_vec())) as ArrayRef),
        ("word", Arc::new(StringArray::from(words.to_vec()))),
    ])
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let size = bytes.len() as u64;
    store.put(&Path::from(path), PutPayload::from(bytes)).await.unwrap();
    let stats = format!(
        r#"{{"minValues":{{"number":{}}},"maxValues":{{"number":{}}}}}"#,
        numbers.iter().min().unwrap(),
        numbers.iter().max().unwrap()
    );
    DataFile {
        path: path.to_owned(),
        size,
        rows: numbers.len() as u64,
        partition: vec![Some(source.to_owned())],
        stats: Some(stats),
        sha256: String::new(),
    }
}

async fn context() -> SessionContext {
    let store = InMemory::new();
    let files = vec![
        file(&store, "t/b.parquet", "乙", &[3, 4], &["三", "四"]).await,
        file(&store, "t/a.parquet", "甲", &[1, 2], &["一", "二"]).await,
    ];
    let schema = Arc::new(Schema::new(vec![
        Field::new("number", DataType::Int32, false),
        Field::new("source", DataType::Utf8, false),
        Field::new("word", DataType::Utf8, true),
    ]));
    let contents = Contents { schema, partition_columns: vec!["source".to_owned()], files };
    let url = ObjectStoreUrl::parse("warehouse://root").unwrap();
    let context = SessionContext::new();
    context.register_object_store(url.as_ref(), Arc::new(store) as Arc<dyn ObjectStore>);
    context.register_table("t", Arc::new(FileTable::new(url, contents).unwrap())).unwrap();
    context
}

async fn ask(sql: &str) -> Vec<String> {
    let batches = context().await.sql(sql).await.unwrap().collect().await.unwrap();
    let mut found = lines(&batches);
    found.sort();
    found
}

#[tokio::test]
async fn partition_columns_come_back_in_their_place() {
    assert_eq!(ask("select * from t").await, ["1 甲 一", "2 甲 二", "3 乙 三", "4 乙 四"]);
    assert_eq!(ask("select word, source from t where number = 3").await, ["三 乙"]);
    assert_eq!(ask("select count(*) from t").await, ["4"]);
    assert_eq!(ask("select count(*) from t where source = '甲' and word <> '一'").await, ["1"]);
    assert_eq!(ask("select number from t where source = '丙'").await, Vec::<String>::new());
    assert_eq!(ask("select count(*) from (select * from t limit 3)").await, ["3"]);
}

#[tokio::test]
async fn files_out_of_question_are_not_opened() {
    let context = context().await;
    for filter in ["source = '乙'", "number > 2"] {
        let frame = context.sql(&format!("explain select * from t where {filter}")).await.unwrap();
        let plan = lines(&frame.collect().await.unwrap()).join("\n");
        assert!(plan.contains("t/b.parquet") && !plan.contains("t/a.parquet"), "{plan}");
    }
}
