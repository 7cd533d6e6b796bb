// Package changefeed keeps what is told of changes, by HTTP or in a file that grows, for the diagnosis to ask.
//
// # By HTTP
//
// A Handler takes POST requests: one event, a list of them, or JSON lines, in any format of collectors.ChangeFormats. The
// format is told by the headers (X-GitHub-Event, ce-* for CloudEvents in binary mode), else by the keys of each object;
// a path that ends in /changes/FORMAT prescribes it. A request is taken whole or not at all. The answers have the envelope
// of Prometheus' API ("status", "data", "errorType", "error"):
//
//	202  what became of it: new, updated, known, joined, too old, too far ahead, not mapped; and which events are no
//	     changes, with the reason (an alert without a label change_kind, a status of waiting)
//	400  malformed; the error names every field, and the rule it breaks
//	401  a secret is configured for GitHub, and X-Hub-Signature-256 does not fit
//	404, 405, 413, 415  no such format, not POST, more bytes than allowed, another content type or encoding
//
// Whether a sender may be believed otherwise (passwords, certificates) is for the server around the handler.
//
// # In a file
//
// A Follower reads the lines of a file as they are written. See there for what it does when the file is rotated.
//
// # What is kept
//
// A Store keeps changes up to a number and an age, and answers which were in an interval. What one source tells of a
// change several times is one change. So is what two sources tell of the same component, kind and version within
// minutes of each other: a deployment by GitHub that Argo CD carries out.
//
// A Mapper finds the component of the topology that a change is about. What it does not find stays under the name that
// it was told with, and is counted. The store keeps what was told, so that another topology maps it anew.
//
// # Concurrency
//
// All types may be used by many goroutines, but for Follower.Poll, which has one caller at a time. Only Follower.Run
// starts goroutines, those of the file watcher, and waits for their end.
package changefeed
