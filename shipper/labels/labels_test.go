package labels

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// flat is labels as text, in their order.
func flat(l *Labels, path string) string {
	var out []string
	for _, a := range l.For(path) {
		out = append(out, a.Key+"="+a.Value)
	}
	return strings.Join(out, " ")
}

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		path string
		want string
	}{
		{"none", Config{}, "/var/log/syslog", ""},
		{"set", Config{Labels: map[string]string{"service": "web", "env": "prod"}}, "/x", "env=prod service=web"},
		{"from the path", Config{PathLabels: `/srv/(?P<service>[^/]+)/(?P<env>[^/]+)/`}, "/srv/shop/prod/app.log", "env=prod service=shop"},
		{"path that does not match", Config{PathLabels: `/srv/(?P<service>[^/]+)/`}, "/opt/shop/app.log", ""},
		{"group that matches nothing", Config{PathLabels: `/(?P<service>\w+)(-(?P<slot>\d+))?\.log`}, "/a/web.log", "service=web"},
		{"group that matches a line feed", Config{PathLabels: `/(?P<service>[^/]+)/(?P<env>[^/]+)/`}, "/a\nb/prod/x.log", "env=prod"},
		{"set goes before path, path before base", Config{
			Labels: map[string]string{"service": "own"}, PathLabels: `/(?P<service>\w+)/(?P<env>\w+)/`,
			Base: map[string]string{"env": "base", "dc": "fra"},
		}, "/shop/prod/app.log", "dc=fra env=prod service=own"},
		{"Kubernetes link", Config{}, "/var/log/containers/web-7d4b9_shop_nginx-proxy-" + id + ".log",
			"container.id=" + id + " k8s.container.name=nginx-proxy k8s.namespace.name=shop k8s.pod.name=web-7d4b9 service=nginx-proxy"},
		{"Kubernetes pod", Config{}, "/var/log/pods/shop_web-7d4b9_0c1d/nginx/3.log",
			"k8s.container.name=nginx k8s.container.restart_count=3 k8s.namespace.name=shop k8s.pod.name=web-7d4b9 k8s.pod.uid=0c1d service=nginx"},
		{"service is set for a container", Config{Base: map[string]string{"service.name": "x"}}, "/var/log/pods/shop_web_0c1d/nginx/0.log",
			"k8s.container.name=nginx k8s.container.restart_count=0 k8s.namespace.name=shop k8s.pod.name=web k8s.pod.uid=0c1d service.name=x"},
		{"Docker without description", Config{}, "/var/lib/docker/containers/" + id + "/" + id + "-json.log", "container.id=" + id},
		{"nearly a container", Config{}, "/var/log/containers/web_shop_nginx.log", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := New(c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if have := flat(l, c.path); have != c.want {
				t.Errorf("\nwant %s\nhave %s", c.want, have)
			}
		})
	}
}

func TestTheNameOfADockerContainerIsReadFromItsDescription(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "containers", id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, id+"-json.log")
	for _, c := range []struct{ name, text, want string }{
		{"whole", `{"Name":"/shop_web_1","Config":{"Image":"nginx:1.27"},"State":{}}`,
			"container.id=" + id + " container.image.name=nginx:1.27 container.name=shop_web_1 service=shop_web_1"},
		{"damaged", `{"Name":"/shop_we`, "container.id=" + id},
		{"too large", `{"Name":"/x","Pad":"` + strings.Repeat("x", maxDescription) + `"}`, "container.id=" + id},
		{"other types", `{"Name":["x"],"Config":1}`, "container.id=" + id},
	} {
		if err := os.WriteFile(filepath.Join(dir, "config.v2.json"), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if have := flat(l, log); have != c.want {
			t.Errorf("%s:\nwant %s\nhave %s", c.name, c.want, have)
		}
	}
}

func TestBadSettingsAreReportedAllAtOnce(t *testing.T) {
	_, err := New(Config{
		Labels:     map[string]string{"1a": "x", "foghorn.time": "1", "ok": "a\nb"},
		PathLabels: `/srv/([^/]+)/`,
	})
	want := `label name: want letters, digits and _.-, no digit first, have "1a"
label name: "foghorn.time": names that begin with foghorn. are reserved
label ok: want at most 1024 bytes and no line feed
path labels: pattern "/srv/([^/]+)/": want a named group such as (?P<service>[^/]+)`
	if err == nil || err.Error() != want {
		t.Errorf("want\n%s\nhave\n%v", want, err)
	}
	if err := CheckPath(`(?P<a>[`); err == nil {
		t.Error("a pattern that does not compile was taken")
	}
}
