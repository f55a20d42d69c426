// Package config is foghorn.yml: the settings of all roles, their defaults, and the checks
// of their meaning. foghorn.yml beside it is an example with every key.
//
// What enters: the text of a file. What leaves: a Config in which every value makes sense,
// or an error that holds every fault with line and column.
package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/catalog"
	"foghorn/pipeline/yamldoc"
	"foghorn/rules/alert"
)

// Config is foghorn.yml: one file for all roles, each of which reads its own part. Every
// key has a default; `foghorn config` prints the effective whole.
type Config struct {
	// Data is the folder for everything that a role keeps: ship, index, kafka below it.
	Data string    `yaml:"data"`
	Log  LogConfig `yaml:"log"`

	Memory  MemoryConfig  `yaml:"memory"`
	Kafka   KafkaConfig   `yaml:"kafka"`
	Ship    ShipConfig    `yaml:"ship"`
	Process ProcessConfig `yaml:"process"`
	Rules   RulesConfig   `yaml:"rules"`
	Index   IndexConfig   `yaml:"index"`
	Alert   AlertConfig   `yaml:"alert"`
}

// LogConfig is about the program's own log, on standard error.
type LogConfig struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // auto (console on a terminal), console, json
}

// MemoryConfig is how Go's garbage collector trades memory for CPU time. GOGC and GOMEMLIMIT
// in the environment go before it.
type MemoryConfig struct {
	// GC is GOGC: garbage may grow to this many percent of what is in use before it is
	// collected.
	GC int `yaml:"gc"`
	// Limit is GOMEMLIMIT: near it the collector works as hard as it must, up to half of the
	// CPU time. 0: nine tenths of the container's limit, if there is one.
	Limit yamldoc.Bytes `yaml:"limit"`
}

// KafkaConfig is about the bus.
type KafkaConfig struct {
	Brokers     []string      `yaml:"brokers"`
	ClientID    string        `yaml:"client_id"`
	Partitions  int           `yaml:"partitions"`  // of logs.raw, logs.events and logs.matches
	Replication int           `yaml:"replication"` // at most the number of brokers
	Compression string        `yaml:"compression"` // none, lz4, snappy, zstd
	MaxBatch    yamldoc.Bytes `yaml:"max_batch"`   // of one produce request, before compression
	MaxFetch    yamldoc.Bytes `yaml:"max_fetch"`   // of one partition at once
}

// ProcessConfig is the role process: parsing, and both stages of the rules.
type ProcessConfig struct {
	// TimeZone is assumed for times that tell none.
	TimeZone string `yaml:"time_zone"`
	// Lateness is how long a window waits for lines that come out of order.
	Lateness  yamldoc.Duration `yaml:"lateness"`
	Templates TemplatesConfig  `yaml:"templates"`
	Listen    string           `yaml:"listen"`
}

// TemplatesConfig is about the templates of lines.
type TemplatesConfig struct {
	Max       int              `yaml:"max"`       // of one partition
	Variables int              `yaml:"variables"` // fields var.1, var.2 ... of a line; 0: none
	Interval  yamldoc.Duration `yaml:"interval"`  // how often counts are written
}

// Catalog returns the settings of package catalog.
func (c *TemplatesConfig) Catalog() catalog.Config {
	d := catalog.DefaultConfig()
	d.Miner.MaxTemplates, d.Variables, d.Interval = c.Max, c.Variables, time.Duration(c.Interval)
	return d
}

func defaultTemplates() TemplatesConfig {
	d := catalog.DefaultConfig()
	return TemplatesConfig{Max: d.Miner.MaxTemplates, Variables: d.Variables, Interval: yamldoc.Duration(d.Interval)}
}

// RulesConfig says which rules are live.
type RulesConfig struct {
	Dir  string `yaml:"dir"`  // *.yml and *.yaml below it; read again when they change
	Pack bool   `yaml:"pack"` // the rules that ship with the program
}

// AlertConfig is the role alert: who is told of anomalies. Without receivers they are
// written to the program's own log.
type AlertConfig struct {
	Receivers []alert.Receiver `yaml:"receivers"`
	Listen    string           `yaml:"listen"`
}

// Default returns the settings of an empty file.
func Default() Config {
	return Config{
		Data:   DefaultData(),
		Log:    LogConfig{Level: "info", Format: "auto"},
		Memory: MemoryConfig{GC: 75},
		Kafka: KafkaConfig{
			Brokers: []string{"127.0.0.1:9092"}, ClientID: "foghorn",
			Partitions: 8, Replication: 3, Compression: "zstd", MaxBatch: 1 << 20, MaxFetch: 512 << 10,
		},
		Ship:    defaultShip(),
		Process: ProcessConfig{TimeZone: "UTC", Lateness: yamldoc.Duration(time.Minute), Templates: defaultTemplates(), Listen: "127.0.0.1:8516"},
		Rules:   RulesConfig{Pack: true},
		Index: IndexConfig{
			Listen:    DefaultListen,
			Retention: RetentionConfig{Age: yamldoc.Duration(30 * 24 * time.Hour)},
			SealAge:   yamldoc.Duration(5 * time.Minute), Timeout: yamldoc.Duration(30 * time.Second), Concurrent: 16,
		},
		Alert: AlertConfig{Listen: "127.0.0.1:8517"},
	}
}

// DefaultUp returns the settings of an empty file for `foghorn up`. One process shares its
// Kafka over loopback, and the memory that batches take there counts: they are smaller, and
// compressed at the least cost (deployments/e2e, TestGrowth: a sixth less memory than
// without, at the same CPU time).
func DefaultUp() Config {
	c := Default()
	c.Kafka.Partitions, c.Kafka.Replication = 4, 1
	c.Kafka.Compression, c.Kafka.MaxBatch, c.Kafka.MaxFetch = "snappy", 256<<10, 128<<10
	return c
}

// DefaultListen is where the search API listens unless told otherwise.
const DefaultListen = "127.0.0.1:8514"

// DefaultData returns /var/lib/foghorn for root, and the user's own data folder else.
func DefaultData() string {
	if os.Geteuid() == 0 {
		return "/var/lib/foghorn"
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "foghorn")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "foghorn")
	}
	return "foghorn-data"
}

// Load reads and checks a file. The error holds every fault with line and column.
func Load(file string) (Config, error) { return LoadOver(Default(), file) }

// LoadOver is Load with defaults other than Default's.
func LoadOver(cfg Config, file string) (Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return ParseOver(cfg, file, data)
}

// Parse is Load on text.
func Parse(file string, data []byte) (Config, error) { return ParseOver(Default(), file, data) }

// ParseOver is LoadOver on text.
func ParseOver(cfg Config, file string, data []byte) (Config, error) {
	doc, err := yamldoc.Decode(file, data, &cfg)
	var faults yamldoc.Faults
	if err != nil && !errors.As(err, &faults) {
		return cfg, err
	}
	faulty := make(map[string]bool, len(faults))
	for _, f := range faults {
		faulty[f.Path] = true
	}
	for _, p := range cfg.check() {
		if !faulty[p.path] { // a value that could not be read is not judged as well
			faults = append(faults, doc.Fault(p.path, "%s", p.message))
		}
	}
	return cfg, faults.Err()
}

type problem struct{ path, message string }

// check judges the meaning of the values; their form was checked when they were read.
func (c *Config) check() []problem {
	var out []problem
	bad := func(path, format string, args ...any) {
		out = append(out, problem{path, fmt.Sprintf(format, args...)})
	}
	if c.Data == "" {
		bad("data", "expected a folder")
	}
	if l, err := zerolog.ParseLevel(c.Log.Level); err != nil || l == zerolog.NoLevel {
		bad("log.level", "expected debug, info, warn or error, found %q", c.Log.Level)
	}
	oneOf(bad, "log.format", c.Log.Format, "auto", "console", "json")
	if len(c.Kafka.Brokers) == 0 {
		bad("kafka.brokers", "expected at least one host:port")
	}
	for i, b := range c.Kafka.Brokers {
		address(bad, fmt.Sprintf("kafka.brokers[%d]", i), b)
	}
	within(bad, "kafka.partitions", int64(c.Kafka.Partitions), 1, 4096)
	within(bad, "kafka.replication", int64(c.Kafka.Replication), 1, 16)
	oneOf(bad, "kafka.compression", c.Kafka.Compression, "none", "lz4", "snappy", "zstd")
	within(bad, "memory.gc", int64(c.Memory.GC), 10, 1000)
	if l := int64(c.Memory.Limit); l != 0 && l < 64<<20 {
		bad("memory.limit", "expected 0 or at least 64MiB, found %d", l)
	}
	within(bad, "kafka.max_fetch", int64(c.Kafka.MaxFetch), 16<<10, 64<<20)
	within(bad, "kafka.max_batch", int64(c.Kafka.MaxBatch), 16<<10, pipeline.MaxMessage/2)
	c.Ship.check(bad)
	if _, err := time.LoadLocation(c.Process.TimeZone); err != nil {
		bad("process.time_zone", "expected a zone such as UTC or Europe/Berlin, found %q", c.Process.TimeZone)
	}
	within(bad, "process.templates.max", int64(c.Process.Templates.Max), 100, 1_000_000)
	within(bad, "process.templates.variables", int64(c.Process.Templates.Variables), 0, 64)
	within(bad, "process.templates.interval", int64(c.Process.Templates.Interval), int64(100*time.Millisecond), int64(time.Minute))
	c.Index.check(bad)
	for path, listen := range map[string]string{"ship.listen": c.Ship.Listen, "process.listen": c.Process.Listen, "alert.listen": c.Alert.Listen} {
		if listen != "" {
			address(bad, path, listen)
		}
	}
	receivers := alert.DefaultConfig()
	receivers.Receivers = c.Alert.Receivers
	inside(bad, "", receivers.Validate()) // "alert.receivers[1]: want ..."
	return out
}

func oneOf(bad func(string, string, ...any), path, have string, want ...string) {
	for _, w := range want {
		if have == w {
			return
		}
	}
	bad(path, "expected one of %s, found %q", strings.Join(want, ", "), have)
}

func within(bad func(string, string, ...any), path string, have, low, high int64) {
	if have < low || have > high {
		if strings.HasSuffix(path, "age") || strings.HasSuffix(path, "timeout") || strings.HasSuffix(path, "interval") || strings.HasSuffix(path, "linger") {
			bad(path, "expected %v to %v, found %v", time.Duration(low), time.Duration(high), time.Duration(have))
			return
		}
		bad(path, "expected %d to %d, found %d", low, high, have)
	}
}

func address(bad func(string, string, ...any), path, have string) {
	if _, port, err := net.SplitHostPort(have); err != nil || port == "" {
		bad(path, "expected host:port, found %q", have)
	}
}

// YAML renders the configuration as a file that reads back the same.
func (c *Config) YAML() ([]byte, error) {
	return yaml.MarshalWithOptions(c, yaml.IndentSequence(true))
}
