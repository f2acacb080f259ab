{{/* What everything is called, and how it is told apart. Each takes a dict of root (the chart) and component. */}}

{{- define "stonks.name" -}}
{{- if eq .component "engine" }}{{ printf "%s-trading-engine" .root.Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .root.Release.Name .component | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "stonks.selector" -}}
app.kubernetes.io/name: {{ eq .component "engine" | ternary "trading-engine" .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "stonks.labels" -}}
{{ include "stonks.selector" . }}
app.kubernetes.io/part-of: stonks
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "stonks.image" -}}
{{- $image := .root.Values.image }}
{{- if .service.image }}{{ .service.image }}
{{- else if $image.digest }}{{ $image.repository }}@{{ $image.digest }}
{{- else }}{{ $image.repository }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "stonks.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "stonks.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Variables of a service: as they are, and names of files that a secret is mounted as. */}}
{{- define "stonks.env" -}}
{{- range $name, $value := .service.env }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $from := .service.secretFiles }}
{{- if $from }}
{{- if not (has (first (splitList "/" $from)) $.service.secrets) }}
{{- fail (printf "%s is read from %s, but that secret is not in the list secrets of the same service" $name $from) }}
{{- end }}
- name: {{ $name }}
  value: /run/secrets/{{ $from }}
{{- end }}
{{- end }}
{{- end }}

{{- define "stonks.mounts" -}}
- {name: data, mountPath: /data}
- {name: tmp, mountPath: /tmp}
{{- if .service.config }}
- {name: config, mountPath: /etc/stonks, readOnly: true}
{{- end }}
{{- range .service.secrets }}
- {name: secret-{{ . }}, mountPath: /run/secrets/{{ . }}, readOnly: true}
{{- end }}
{{- end }}

{{- define "stonks.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 512Mi}
{{- if .service.config }}
- name: config
  configMap:
    name: {{ include "stonks.name" . }}
{{- end }}
{{- range .service.secrets }}
- name: secret-{{ . }}
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{- define "stonks.probe" -}}
httpGet: {path: {{ .path }}, port: {{ .port }}}
periodSeconds: {{ .periodSeconds }}
timeoutSeconds: {{ .timeoutSeconds }}
failureThreshold: {{ .failureThreshold }}
{{- end }}

{{/* What the schema cannot see, because it looks at one value at a time. */}}
{{- define "stonks.require" -}}
{{- $engine := .Values.services.tradingEngine }}
{{- $broker := .Values.services.broker }}
{{- range $engine.secrets }}
{{- if and $broker.enabled (has . $broker.secrets) }}
{{- fail (printf "the secret %s is in both pods: the engine has no use for the broker's, nor the broker for the engine's" .) }}
{{- end }}
{{- end }}
{{- if not (contains (printf ":%v" $engine.port) (join " " (concat $engine.command $engine.args))) }}
{{- fail (printf "port is %v, but the command has the engine listen elsewhere: --http 0.0.0.0:%v" $engine.port $engine.port) }}
{{- end }}
{{- $files := not $engine.env.STONKS_DATABASE_URL }}
{{- if and $files (not $engine.persistence.enabled) }}
{{- fail "an account needs a place: STONKS_DATABASE_URL in services.tradingEngine.env, or services.tradingEngine.persistence.enabled" }}
{{- end }}
{{- if and $files $engine.standby }}
{{- fail "an account in files has no standby: two pods share a database, STONKS_DATABASE_URL, but no file" }}
{{- end }}
{{- if and .Values.ingress.enabled (not (and .Values.ingress.host .Values.ingress.tlsSecret)) }}
{{- fail "an ingress needs ingress.host and ingress.tlsSecret: tokens do not travel in the clear" }}
{{- end }}
{{- end }}
