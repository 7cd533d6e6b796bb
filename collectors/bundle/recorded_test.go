package bundle

import (
	"context"
	"os"
	"testing"
)

// replayAll checks a bundle and replays it; all that is read must come out, in order.
func replayAll(t *testing.T, dir string) {
	t.Helper()
	sum, problems, err := Check(context.Background(), dir)
	if err != nil || len(problems) > 0 {
		t.Fatalf("%s: %v, %v", dir, problems, err)
	}
	d := loadDir(t, dir)
	s := sink{quiet: true}
	if err := d.Replay(context.Background(), &s, nil); err != nil {
		t.Fatal(err)
	}
	if !s.order || s.n == 0 || s.n != sum.Samples || len(s.labels) != sum.Series {
		t.Errorf("%s: ordered %v, %d of %d samples, %d of %d series", dir, s.order, s.n, sum.Samples, len(s.labels), sum.Series)
	}
}

func TestRecordedIncident(t *testing.T) { replayAll(t, "../../testdata/lab-01") }

func TestSharedRecordings(t *testing.T) {
	const dir = "../../../shared/data"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the shared recordings are not there")
	}
	found, err := Find(dir)
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	// Every fourth has some of each data set, and the race detector is ten times slower.
	for i := 0; i < len(found); i += 4 {
		replayAll(t, found[i])
	}
}
