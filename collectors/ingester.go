package collectors

import (
	"context"

	"github.com/diagnops/diagnops/engine/model"
)

// Ingester takes batches in. It copies what it keeps before it returns, and may be called from many goroutines. An error
// means that it failed as a whole; what it could not take for reasons of the points is in Taken.
type Ingester interface {
	Ingest(ctx context.Context, b *model.Batch) (model.Taken, error)
}
