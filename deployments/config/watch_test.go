package config

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
)

// TestChangedSettingsAreToldOnce: when the file is stable and has no fault; what has a fault
// or is empty is logged once and changes nothing.
func TestChangedSettingsAreToldOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "foghorn.yml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("index: { retention: { age: 7d } }")
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var have []string
		w := NewWatcher(file, func(c Config) error {
			have = append(have, inDays(c.Index.Retention.Age))
			return nil
		}, zerolog.New(&log))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		looks := func() {
			time.Sleep(3 * watchInterval) // of the bubble's clock
			synctest.Wait()
		}
		looks()
		write("index: { retention: { age: 9d } }")
		looks()
		write("index: { retention: { age: soon } }")
		looks()
		looks()
		write("\n")
		looks()
		looks()
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		looks()
		write("index: { retention: { age: 11d } }")
		looks()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"9d", "11d"}, have); diff != "" {
			t.Errorf("settings (-want +have)\n%s", diff)
		}
		for text, n := range map[string]int{"foghorn.yml:1:28": 1, "cannot be read": 1, "has faults": 2, "found an empty file": 1, "read again": 2} {
			if strings.Count(log.String(), text) != n {
				t.Errorf("%q is not %d times in the log:\n%s", text, n, &log)
			}
		}
	})
}
