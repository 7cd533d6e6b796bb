package bench

import (
	"github.com/diagnops/diagnops/collectors/remotewrite"
	"github.com/diagnops/diagnops/engine/stream"
	"github.com/diagnops/diagnops/engine/window"
)

// Who declares an interface may not import who satisfies it, so that they fit is said here.
var (
	_ remotewrite.Sink = (*window.Live)(nil)
	_ stream.Source    = (*window.Feed)(nil)
)
