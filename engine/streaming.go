package engine

import "github.com/diagnops/diagnops/engine/stream"

// ExplainSignal tells which way an expression is evaluated as samples come in: "incremental", or "by Prometheus'
// engine: ..." with the part for which there is no incremental operator. The error says what is no PromQL.
func ExplainSignal(expr string) (string, error) { return stream.Explain(expr) }
