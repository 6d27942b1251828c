"""What others post as JSON, read by the mapping that its source keeps."""
