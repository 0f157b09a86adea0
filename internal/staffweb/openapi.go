package staffweb

import (
	"net/http"
	"reflect"
	"regexp"
	"strings"

	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// object is a JSON object of the description.
type object = map[string]any

// Query is a parameter of an address, for the description of the interface.
type Query struct{ Name, Kind, Description string }

// OpenAPI answers with the description of an interface. queries are the
// parameters of the routes that have any.
func OpenAPI(routes func() []gate.Route, version string, queries map[string][]Query) gate.Handler {
	return func(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
		return OK(w, describe(routes(), version, queries))
	}
}

var pathPlace = regexp.MustCompile(`\{([a-z]+)\}`)

// describe is the OpenAPI 3.1 description of the routes, taken from the table
// and from the Go types of the bodies.
func describe(routes []gate.Route, version string, queries map[string][]Query) object {
	schemas := object{}
	paths := object{}
	for _, route := range routes {
		method, path, _ := strings.Cut(route.Pattern, " ")
		at, found := paths[path].(object)
		if !found {
			at = object{}
			paths[path] = at
		}
		at[strings.ToLower(method)] = operation(route, path, queries[route.Pattern], schemas)
	}
	problem := schema(reflect.TypeFor[gate.Problem](), schemas)
	return object{
		"openapi": "3.1.0",
		"info":    object{"title": "Kofu", "version": version},
		"paths":   paths,
		"components": object{
			"schemas":   schemas,
			"responses": object{"Problem": jsonBody("the reason, ready to show", problem)},
		},
	}
}

func operation(route gate.Route, path string, queries []Query, schemas object) object {
	op := object{"x-permission": string(route.Permission)}
	var places []object
	for _, m := range pathPlace.FindAllStringSubmatch(path, -1) {
		places = append(places, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, q := range queries {
		places = append(places, object{"name": q.Name, "in": "query", "description": q.Description, "schema": object{"type": q.Kind}})
	}
	if route.Permission != staff.Public && !strings.HasPrefix(route.Pattern, "GET ") {
		places = append(places, object{"name": gate.TokenHeader, "in": "header", "required": true, "schema": object{"type": "string"}})
	}
	if len(places) > 0 {
		op["parameters"] = places
	}
	if route.In != nil {
		op["requestBody"] = jsonBody("", schema(reflect.TypeOf(route.In), schemas))
	}
	good := object{"description": "done"}
	if route.Out != nil {
		good = jsonBody("done", schema(reflect.TypeOf(route.Out), schemas))
	}
	op["responses"] = object{"2XX": good, "default": object{"$ref": "#/components/responses/Problem"}}
	return op
}

func jsonBody(description string, of object) object {
	body := object{"content": object{"application/json": object{"schema": of}}}
	if description != "" {
		body["description"] = description
	}
	return body
}

// schema describes a Go type. Named structs go into schemas once.
func schema(t reflect.Type, schemas object) object {
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": schema(t.Elem(), schemas)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": schema(t.Elem(), schemas)}
	case reflect.Pointer:
		return object{"oneOf": []object{schema(t.Elem(), schemas), {"type": "null"}}}
	case reflect.Struct:
		if !named(t) {
			return properties(t, schemas)
		}
		if _, known := schemas[t.Name()]; !known {
			schemas[t.Name()] = object{} // before its fields, which may name it again
			schemas[t.Name()] = properties(t, schemas)
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	}
	return object{}
}

func properties(t reflect.Type, schemas object) object {
	fields := object{}
	required := []string{}
	for _, f := range wireFields(t) {
		fields[f.name] = schema(f.typ, schemas)
		if !f.optional {
			required = append(required, f.name)
		}
	}
	return object{"type": "object", "properties": fields, "required": required}
}
