//go:build deps

// Command foghorn: a temporary list of what the parts will import.
package main

import (
	_ "github.com/DataDog/sketches-go/ddsketch"
	_ "github.com/FastFilter/xorfilter"
	_ "github.com/KimMachineGun/automemlimit/memlimit"
	_ "github.com/blevesearch/bleve/v2"
	_ "github.com/cespare/xxhash/v2"
	_ "github.com/cloudflare/ahocorasick"
	_ "github.com/dustin/go-humanize"
	_ "github.com/elastic/go-grok"
	_ "github.com/goccy/go-yaml"
	_ "github.com/gofrs/flock"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/hpcloud/tail"
	_ "github.com/klauspost/compress/zstd"
	_ "github.com/leodido/go-syslog/v4/rfc5424"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/rs/zerolog"
	_ "github.com/segmentio/kafka-go"
	_ "github.com/spf13/cobra"
	_ "github.com/twmb/franz-go/pkg/kfake"
	_ "github.com/valyala/fastjson"
	_ "go.opentelemetry.io/collector/pdata/plog"
	_ "go.uber.org/goleak"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/time/rate"
	_ "pgregory.net/rapid"
)
