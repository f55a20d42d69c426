package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// What kfake forgets, and what is done about it here:
//
//   - When retention has removed a partition's last record, the partition begins again at
//     offset 0 after a restart: committed offsets would then lie in the future, and new
//     lines would carry the identity of old ones. So the ends of all partitions are noted
//     in endsFile before retention runs, and restore puts a marker batch there.
//   - After a kill it reads the whole log into memory to find the ends. restore finds them
//     by reading only the batch headers, and writes the snapshot that kfake would have
//     written when it stopped.

// endsFile lies beside the log's own files:
// {"version":1,"ends":{"<topic>":[{"low":0,"high":10},...]}}, one entry per partition.
const endsFile = "ends.json"

const endsVersion = 1

type endsNote struct {
	Version int               `json:"version"`
	Ends    map[string][]ends `json:"ends"`
}

type ends struct {
	Low  int64 `json:"low"`
	High int64 `json:"high"`
}

// topicsNote is the part of kfake's topics.json that is read here.
type topicsNote struct {
	Topics []struct {
		Name       string            `json:"name"`
		Partitions int               `json:"partitions"`
		Configs    map[string]string `json:"configs"`
	} `json:"topics"`
}

// noteEnds writes where each partition begins and ends.
func (b *Broker) noteEnds() error {
	var topics topicsNote
	if err := readJSON(filepath.Join(b.dir, "topics.json"), &topics); err != nil {
		return fmt.Errorf("note ends: %w", err)
	}
	note := endsNote{Version: endsVersion, Ends: make(map[string][]ends)}
	for _, t := range topics.Topics {
		for _, p := range b.cluster.PartitionInfos(t.Name) {
			note.Ends[t.Name] = append(note.Ends[t.Name], ends{Low: p.LogStartOffset, High: p.HighWatermark})
		}
	}
	if err := writeJSON(filepath.Join(b.dir, endsFile), note); err != nil {
		return fmt.Errorf("note ends: %w", err)
	}
	return nil
}

// restore prepares the folder of a broker that is not running.
func restore(dir string) error {
	var topics topicsNote
	if err := readJSON(filepath.Join(dir, "topics.json"), &topics); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	var note endsNote
	if err := readJSON(filepath.Join(dir, endsFile), &note); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if note.Version > endsVersion {
		return fmt.Errorf("restore: %s has version %d, this program knows %d", endsFile, note.Version, endsVersion)
	}
	for _, t := range topics.Topics {
		for p := range t.Partitions {
			var noted ends
			if p < len(note.Ends[t.Name]) {
				noted = note.Ends[t.Name][p]
			}
			if err := restorePartition(dir, t.Name, p, noted); err != nil {
				return fmt.Errorf("restore %s/%d: %w", t.Name, p, err)
			}
		}
	}
	return nil
}

func restorePartition(dir, topic string, partition int, noted ends) error {
	if err := undoCompaction(dir, topic, partition); err != nil {
		return err
	}
	pdir := partitionDir(dir, topic, partition)
	segs, err := segments(pdir)
	if err != nil {
		return err
	}
	high := noted.High
	for _, s := range segs {
		high = max(high, s.next)
	}
	switch {
	case high == 0:
		return nil
	case len(segs) == 0 || segs[len(segs)-1].next < high:
		s, err := writeMarker(pdir, high-1)
		if err != nil {
			return err
		}
		segs = append(segs, s)
	}
	return writeSnapshot(pdir, segs, noted.Low, high)
}

// writeMarker adds a segment that holds only a marker batch at offset.
func writeMarker(pdir string, offset int64) (segment, error) {
	if err := os.MkdirAll(pdir, 0o755); err != nil {
		return segment{}, err
	}
	data := markerBatch(offset, time.Now().UnixMilli())
	if err := writeFile(filepath.Join(pdir, strconv.FormatInt(offset, 10)+".dat"), data); err != nil {
		return segment{}, err
	}
	return segment{base: offset, size: int64(len(data)), first: offset, next: offset + 1}, nil
}

// snapshot is kfake's snapshot.json of a partition. It is used at a start only when its
// segments are exactly those in the folder, by name and size.
type snapshot struct {
	Version          int           `json:"version"`
	HighWatermark    int64         `json:"high_watermark"`
	LastStableOffset int64         `json:"last_stable_offset"`
	LogStartOffset   int64         `json:"log_start_offset"`
	Epoch            int32         `json:"epoch"`
	CreatedAt        time.Time     `json:"created_at"`
	Segments         []snapshotSeg `json:"segments"`
}

type snapshotSeg struct {
	BaseOffset int64 `json:"base_offset"`
	Size       int64 `json:"size"`
}

// writeSnapshot writes the snapshot that describes segs, unless the broker itself left
// one when it stopped.
func writeSnapshot(pdir string, segs []segment, low, high int64) error {
	path := filepath.Join(pdir, "snapshot.json")
	var old snapshot
	if err := readJSON(path, &old); err != nil {
		return err
	}
	now := snapshot{
		Version: 1, HighWatermark: high, LastStableOffset: high, LogStartOffset: low,
		Epoch: old.Epoch, CreatedAt: old.CreatedAt,
	}
	same := len(old.Segments) == len(segs)
	for i, s := range segs {
		now.Segments = append(now.Segments, snapshotSeg{s.base, s.size})
		now.Epoch = max(now.Epoch, s.epoch)
		same = same && old.Segments[i] == now.Segments[i]
	}
	if same {
		return nil
	}
	if first := segs[0].first; first > low {
		now.LogStartOffset = first
	}
	if now.CreatedAt.IsZero() {
		now.CreatedAt = time.Now()
	}
	return writeJSON(path, now)
}

// partitionDir is where kfake keeps a partition.
func partitionDir(dir, topic string, partition int) string {
	return filepath.Join(dir, "partitions", url.PathEscape(topic)+"-"+strconv.Itoa(partition))
}

// readJSON reads a file into v; a file that is absent leaves v as it is.
func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

func writeJSON(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return writeFile(path, data)
}

// writeFile replaces a file so that a crash leaves the old content or the new: written
// beside it and synced (the content survives), renamed (never half a file), and the
// folder synced (the name survives).
func writeFile(path string, data []byte) error {
	tmp := path + ".tmp"
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", tmp, err), os.Remove(tmp))
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
