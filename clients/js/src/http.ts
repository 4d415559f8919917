/** All that goes over HTTP. It is loaded when it is wanted: most pages that follow work never need it. */

export { download, upload } from "./transport/files.ts";
export { Http, Refused } from "./transport/http.ts";
export { overHttp } from "./transport/over_http.ts";
