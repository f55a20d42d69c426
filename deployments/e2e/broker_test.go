//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const kafkaScript = "../kafka/kafka.sh"

// startBroker starts the Kafka that -broker names and returns the brokers' addresses.
func startBroker(ctx context.Context, t *testing.T, bin, dir string) []string {
	t.Helper()
	switch *brokerFlag {
	case "embedded":
		address := freeAddress(t)
		launch(t, bin, dir, "broker", "broker", "--data", filepath.Join(dir, "kafka"), "--listen", address)
		until(ctx, t, "the broker listens", 30*time.Second, func() error {
			c, err := net.DialTimeout("tcp", address, time.Second)
			if err == nil {
				err = c.Close()
			}
			return err
		})
		return []string{address}
	case "apache":
		return startApache(ctx, t, filepath.Join(dir, "kafka"))
	}
	t.Fatalf("-broker: want embedded or apache, have %q", *brokerFlag)
	return nil
}

func startApache(ctx context.Context, t *testing.T, dir string) []string {
	t.Helper()
	if out, err := exec.Command(kafkaScript, "check").CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("Apache Kafka cannot run here: %v\n%s", err, out)
		}
		t.Skipf("SKIPPED: Apache Kafka cannot run here: %s", bytes.TrimSpace(out))
	}
	var errs bytes.Buffer
	cmd := exec.CommandContext(ctx, kafkaScript, "start", "-n", "3", "--dir", dir)
	cmd.Stderr = &errs
	t.Cleanup(func() {
		if out, err := exec.Command(kafkaScript, "stop", "--dir", dir).CombinedOutput(); err != nil {
			t.Errorf("stop Apache Kafka: %v\n%s", err, out)
		}
	})
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("start Apache Kafka: %v\n%s", err, errs.Bytes())
	}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		if list, ok := strings.CutPrefix(s.Text(), "brokers="); ok {
			return strings.Split(list, ",")
		}
	}
	t.Fatalf("kafka.sh names no brokers:\n%s", out)
	return nil
}
