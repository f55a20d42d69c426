package labels

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/valyala/fastjson"
)

// Names of the OpenTelemetry semantic conventions.
const (
	namespaceName = "k8s.namespace.name"
	podName       = "k8s.pod.name"
	podUID        = "k8s.pod.uid"
	k8sContainer  = "k8s.container.name"
	restartCount  = "k8s.container.restart_count"
	containerID   = "container.id"
	containerName = "container.name"
	imageName     = "container.image.name"
)

// The paths that the kubelet and Docker write container logs to:
//
//	/var/log/containers/<pod>_<namespace>_<container>-<container id>.log
//	/var/log/pods/<namespace>_<pod>_<pod uid>/<container>/<restarts>.log
//	/var/lib/docker/containers/<container id>/<container id>-json.log
//
// They are known by their last folders, as hosts mount them elsewhere inside a container.
var (
	inContainers = regexp.MustCompile(`/log/containers/([^/_]+)_([^/_]+)_([^/]+)-([0-9a-f]{64})\.log$`)
	inPods       = regexp.MustCompile(`/log/pods/([^/_]+)_([^/_]+)_([^/_]+)/([^/]+)/([0-9]+)\.log$`)
	inDocker     = regexp.MustCompile(`/containers/([0-9a-f]{64})/([0-9a-f]{64})-json\.log$`)
)

// container returns the labels that the path of a container's log tells. service is the
// container's name.
func container(path string) map[string]string {
	if !strings.HasSuffix(path, ".log") {
		return nil
	}
	if m := inContainers.FindStringSubmatch(path); m != nil {
		return map[string]string{podName: m[1], namespaceName: m[2], k8sContainer: m[3], containerID: m[4], "service": m[3]}
	}
	if m := inPods.FindStringSubmatch(path); m != nil {
		return map[string]string{namespaceName: m[1], podName: m[2], podUID: m[3], k8sContainer: m[4], restartCount: m[5], "service": m[4]}
	}
	if m := inDocker.FindStringSubmatch(path); m != nil && m[1] == m[2] {
		set := map[string]string{containerID: m[1]}
		describe(set, filepath.Join(filepath.Dir(path), "config.v2.json"))
		return set
	}
	return nil
}

// maxDescription bounds what is read of a container's description.
const maxDescription = 1 << 20

// describe adds what Docker's description of a container tells: its name and image. What
// cannot be read adds nothing.
func describe(set map[string]string, path string) {
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() || st.Size() > maxDescription {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxDescription+1))
	if err != nil || len(b) > maxDescription {
		return
	}
	v, err := fastjson.ParseBytes(b)
	if err != nil {
		return
	}
	put := func(key, value string) {
		if value != "" && possible(value) {
			set[key] = value
		}
	}
	name := strings.TrimPrefix(string(v.GetStringBytes("Name")), "/")
	put(containerName, name)
	put("service", name)
	put(imageName, string(v.GetStringBytes("Config", "Image")))
}
