package store

import (
	"os"
	"testing"
)

func postgres(t *testing.T) string {
	t.Helper()
	u := os.Getenv("ZZ_PG")
	if u == "" {
		t.Skip("no postgres")
	}
	return u
}
