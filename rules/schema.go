package rules

import _ "embed"

// AnomalySchema is the JSON Schema (draft 2020-12) of pipeline.Anomaly as it is written to
// the topics anomalies and anomalies.state.
//
//go:embed anomaly.schema.json
var AnomalySchema []byte
