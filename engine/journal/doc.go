// Package journal keeps the samples of a live window on disk, so that the window survives a restart and a kill.
//
//   - Append takes what the window took in. It encodes nothing, waits for no disk, and hands over through a bounded
//     buffer; what does not fit is counted as lost to the journal, never to the window.
//   - Run writes what was appended at every tick of a clock that its caller brings, and has it synced meanwhile.
//   - Replay hands everything that is not older than the window to a Sink, each series in the order in which it came.
//
// # What is promised
//
// With a tick every second, a process that is killed loses what was appended in the second before, and during one write
// to the page cache. A machine that loses power loses what was appended since the last sync began. What is replayed is
// whole: a record whose checksum is wrong is left out, so a series' samples are those that were appended, each once, in
// their order, up to the first that is lost. Stats and Replayed say what is missing.
//
// The order of a series is that in which its batches were appended: who takes in batches of one series on several
// goroutines appends them in the order in which the window took them in, or the window will refuse the later ones when
// they are replayed.
//
// # Files
//
// The directory holds segments of github.com/prometheus/prometheus/tsdb/wlog with series and samples records of
// tsdb/record, compressed by snappy: Prometheus' tools can read them. Other than in Prometheus each segment stands for
// itself: it names each series before its first sample, and references mean nothing in another segment. So any segment
// may be damaged or removed without a loss elsewhere, what is not sent any more is named no more, and there are no
// checkpoints. The price is to name every series that lives once a segment; a window is some eight of them.
//
// A segment is removed when its newest sample is older than the window, or when all of them take more than
// Options.MaxBytes: then the oldest goes, and is counted.
//
// A process always writes to new segments. So a record torn by a kill is the last of its segment, and Replay cuts it off.
// A segment with damage elsewhere is read up to the damage, and left as it is. Records of unknown types are skipped and
// counted: a newer release may have written them.
//
// When the disk fails, what was about to be written is lost and counted. Run goes on with a new segment as soon as there
// can be one; until then as much is kept in memory as the buffer holds.
//
// # Concurrency and ownership
//
// Append and Stats may be called by any goroutine. Append takes a lock, for about as long as the look-up of its series
// takes; whoever holds it never waits for the disk. The files belong to Run, which starts a goroutine that syncs and
// waits for it. The package reads no clock.
package journal
