package kafka_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

func TestEnsureTopics(t *testing.T) {
	onClusters(t, func(t *testing.T, brokers []string) {
		ctx := within(t, 3*time.Minute)
		var log bytes.Buffer
		c, err := kafka.New(kafka.Config{Brokers: brokers}, zerolog.New(&log))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		name := newTopic(t, c, 1, nil) + "-checked"
		spec := func(partitions int, settings map[string]string) []pipeline.TopicSpec {
			return []pipeline.TopicSpec{{Name: name, Partitions: partitions, Settings: settings}}
		}
		hour := map[string]string{"cleanup.policy": "delete", "retention.ms": "3600000"}

		t.Run("absent is made", func(t *testing.T) {
			if n, err := c.Find(ctx, name); err != nil || n != 0 {
				t.Errorf("found %d partitions, error %v, want 0", n, err)
			}
			if err := c.EnsureTopics(ctx, spec(3, hour), 3); err != nil {
				t.Fatal(err)
			}
			if n, err := c.Partitions(ctx, name); err != nil || n != 3 {
				t.Errorf("%d partitions, error %v, want 3", n, err)
			}
			if n, err := c.Find(ctx, name); err != nil || n != 3 {
				t.Errorf("found %d partitions, error %v, want 3", n, err)
			}
		})
		t.Run("present is left", func(t *testing.T) {
			log.Reset()
			if err := c.EnsureTopics(ctx, spec(3, hour), 3); err != nil {
				t.Error(err)
			}
			if log.Len() > 0 {
				t.Errorf("log: %s", &log)
			}
		})
		t.Run("another retention is a warning", func(t *testing.T) {
			log.Reset()
			day := map[string]string{"cleanup.policy": "delete", "retention.ms": "86400000"}
			if err := c.EnsureTopics(ctx, spec(3, day), 3); err != nil {
				t.Error(err)
			}
			for _, want := range []string{name, "retention.ms", "86400000", "3600000", `"level":"warn"`} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("no %s in the log: %s", want, &log)
				}
			}
		})
		for _, test := range []struct {
			name  string
			specs []pipeline.TopicSpec
			want  kafka.TopicMismatchError
		}{
			{"another number of partitions", spec(4, hour), kafka.TopicMismatchError{Topic: name, Setting: "number of partitions", Want: "4", Have: "3"}},
			{"another cleanup policy", spec(3, map[string]string{"cleanup.policy": "compact"}), kafka.TopicMismatchError{Topic: name, Setting: "cleanup.policy", Want: "compact", Have: "delete"}},
		} {
			t.Run(test.name, func(t *testing.T) {
				err := c.EnsureTopics(ctx, test.specs, 3)
				var mismatch *kafka.TopicMismatchError
				if !errors.As(err, &mismatch) {
					t.Fatalf("error %v, want a TopicMismatchError", err)
				}
				if diff := cmp.Diff(&test.want, mismatch); diff != "" {
					t.Error(diff)
				}
			})
		}
		t.Run("a name that the broker refuses", func(t *testing.T) {
			// Kafka takes . and _ for the same in its metrics.
			if err := c.EnsureTopics(ctx, []pipeline.TopicSpec{{Name: name + ".a", Partitions: 1}}, 1); err != nil {
				t.Fatal(err)
			}
			err := c.EnsureTopics(ctx, []pipeline.TopicSpec{{Name: name + "_a", Partitions: 1}}, 1)
			if err == nil || !strings.Contains(err.Error(), name+"_a") {
				t.Errorf("error %v, want one that names the topic", err)
			}
		})
	})
}

// The topics of the design can be made on this broker, with all their settings.
func TestTopicsOfTheDesign(t *testing.T) {
	c := newClient(t, []string{startBroker(t, embedded.Config{DataDir: t.TempDir()}).Addr()})
	specs := pipeline.Topics(4, time.Hour)
	for range 2 {
		if err := c.EnsureTopics(within(t, time.Minute), specs, 3); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfigFaults(t *testing.T) {
	for name, test := range map[string]struct {
		cfg  kafka.Config
		want []string
	}{
		"no brokers":       {kafka.Config{}, []string{"brokers: none"}},
		"a broker no port": {kafka.Config{Brokers: []string{"localhost"}}, []string{`broker "localhost"`}},
		"all at once":      {kafka.Config{RequestTimeout: 1, FetchBytes: 1, Username: "u"}, []string{"brokers", "request timeout", "fetch bytes", "password"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kafka.New(test.cfg, nopLog)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}
