{{/* What names begin with; a name in Kubernetes has at most 63 characters, and pods add to it. */}}
{{- define "connect-websocket.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "connect-websocket.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "connect-websocket.labels" -}}
{{ include "connect-websocket.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* A line of a properties file: what ends or continues a line, and the backslash itself, are escaped. */}}
{{- define "connect-websocket.property" -}}
{{- $value := .value -}}
{{- if kindIs "float64" $value -}}{{- $value = $value | toJson -}}{{- end -}}
{{ .key }}={{ $value | toString | replace "\\" "\\\\" | replace "\r" "\\r" | replace "\n" "\\n" }}
{{- end -}}
