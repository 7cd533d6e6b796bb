package bench

import (
	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/journal"
	"github.com/diagnops/diagnops/engine/stream"
	"github.com/diagnops/diagnops/engine/window"
)

// Who declares an interface may not import who satisfies it, so that they fit is said here.
var (
	_ collectors.Ingester = (*window.Live)(nil)
	_ journal.Sink        = (*window.Live)(nil)
	_ stream.Source       = (*window.Feed)(nil)
)
