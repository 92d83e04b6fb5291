"""Cameras, rotations, curves and meshes."""
import itertools
import math
from dataclasses import dataclass

import numpy as np


@dataclass
class Camera:
    rotation: np.ndarray        # axis times angle
    position: np.ndarray
    focal: float
    k1: float = 0.0
    k2: float = 0.0


def rodrigues(r, p):
    """Rotate p about r by |r|; a first-order formula near zero."""
    theta2 = r @ r
    if theta2 < 1e-12:
        return p + np.cross(r, p)
    theta = np.sqrt(theta2)
    axis = r / theta
    c, s = np.cos(theta), np.sin(theta)
    return p * c + np.cross(axis, p) * s + axis * (axis @ p) * (1.0 - c)


def project(camera, point):
    p = rodrigues(camera.rotation, point - camera.position)
    x, y = -p[0] / p[2], -p[1] / p[2]
    r2 = x * x + y * y
    distortion = 1.0 + r2 * (camera.k1 + camera.k2 * r2)
    return camera.focal * distortion * x, camera.focal * distortion * y


def bundle_adjustment(cameras, points, observations):
    """Robust reprojection error; observations is a list of (camera, point, (u, v))."""
    cost = 0.0
    for cam, pt, (u, v) in observations:
        px, py = project(cameras[cam], points[pt])
        e2 = (px - u) ** 2 + (py - v) ** 2
        cost += e2 if e2 < 1.0 else 2.0 * math.sqrt(e2) - 1.0
    return cost


def quaternion_multiply(a, b):
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw)


def attitude_error(rates, q0, target, dt=0.1):
    """Integrate angular rates with quaternions kept as tuples of floats."""
    q = q0
    for wx, wy, wz in rates:
        dq = quaternion_multiply(q, (0.0, wx, wy, wz))
        q = tuple(qi + 0.5 * dt * di for qi, di in zip(q, dq))
        norm = math.sqrt(sum(c * c for c in q))
        q = tuple(c / norm for c in q)
    conjugate = (target[0], -target[1], -target[2], -target[3])
    w, *xyz = quaternion_multiply(conjugate, q)
    return 2.0 * math.atan2(math.sqrt(sum(c * c for c in xyz)), w)


def de_casteljau(points, t):
    if len(points) == 1:
        return points[0]
    return de_casteljau([((1.0 - t) * a[0] + t * b[0], (1.0 - t) * a[1] + t * b[1])
                         for a, b in itertools.pairwise(points)], t)


def bezier_length(points, samples=8):
    """Length of a Bezier curve as a polyline, each point by recursion."""
    length = 0.0
    px, py = points[0]
    for k in range(1, samples + 1):
        x, y = de_casteljau(points, k / samples)
        length += math.hypot(x - px, y - py)
        px, py = x, y
    return length


def mesh_volume_and_area(vertices, faces, weight=0.3):
    """Triangles by integer indices; the signed volume and the area of the surface."""
    volume = 0.0
    area = 0.0
    for i, j, k in faces:
        a, b, c = vertices[i], vertices[j], vertices[k]
        volume += np.dot(a, np.cross(b, c)) / 6.0
        area += 0.5 * np.linalg.norm(np.cross(b - a, c - a))
    return volume - weight * area


def mesh_smoothness(vertices, faces):
    """The same kind of mesh, gathered all at once."""
    tri = vertices[faces]
    normals = np.cross(tri[:, 1] - tri[:, 0], tri[:, 2] - tri[:, 0])
    normals = normals / np.sqrt(np.sum(normals ** 2, axis=1, keepdims=True))
    vertex_normals = np.zeros_like(vertices)
    np.add.at(vertex_normals, faces[:, 0], normals)
    np.add.at(vertex_normals, faces[:, 1], normals)
    np.add.at(vertex_normals, faces[:, 2], normals)
    return np.sum(vertex_normals * vertices) + np.sum(vertex_normals ** 2)


def polygon_moment(polygon):
    """Area times squared distance of the centroid of a list of (x, y)."""
    area = cx = cy = 0.0
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1]):
        cross = x0 * y1 - x1 * y0
        area += 0.5 * cross
        cx += (x0 + x1) * cross / 6.0
        cy += (y0 + y1) * cross / 6.0
    return (cx * cx + cy * cy) / area


def robot_arm(angles, lengths, target):
    """Forward kinematics by products of homogeneous matrices."""
    t = np.eye(3)
    reach = []
    for angle, length in zip(angles, lengths):
        c, s = np.cos(angle), np.sin(angle)
        t = t @ np.array([[c, -s, length * c], [s, c, length * s], [0.0, 0.0, 1.0]])
        reach.append(t[:2, 2])
    tip = reach[-1]
    penalty = sum(np.exp(-10.0 * p[1]) for p in reach)
    return np.sum((tip - target) ** 2) + 1e-3 * penalty


def point_to_plane(pose, source, destination, normals):
    """One iterative-closest-point objective with fixed matches: Euler angles and a shift."""
    ca, sa = math.cos(pose[0]), math.sin(pose[0])
    cb, sb = math.cos(pose[1]), math.sin(pose[1])
    rx = np.array([[1.0, 0.0, 0.0], [0.0, ca, -sa], [0.0, sa, ca]])
    ry = np.array([[cb, 0.0, sb], [0.0, 1.0, 0.0], [-sb, 0.0, cb]])
    moved = source @ (ry @ rx).T + pose[2:]
    squared = np.sum((moved[:, None, :] - destination[None, :, :]) ** 2, axis=2)
    nearest = np.argmin(squared, axis=1)
    residual = np.einsum("ij,ij->i", moved - destination[nearest], normals[nearest])
    return np.sqrt(np.mean(residual ** 2))


def signed_distance_scene(eye, direction, radius, box):
    """Sphere tracing: march along a ray until the distance is small."""
    def scene(x, y, z):
        ball = math.sqrt(x * x + y * y + z * z) - radius
        qx, qy, qz = abs(x - 1.0) - box[0], abs(y) - box[1], abs(z) - box[2]
        outside = math.sqrt(max(qx, 0.0) ** 2 + max(qy, 0.0) ** 2 + max(qz, 0.0) ** 2)
        return min(ball, outside + min(max(qx, qy, qz), 0.0))

    t = 0.0
    for _ in range(64):
        d = scene(*[e + t * v for e, v in zip(eye, direction)])
        t += d
        if d < 1e-13 or t > 20.0:
            break
    return t


def _bundle_args():
    rng = np.random.default_rng(0)
    cameras = [Camera(0.2 * rng.normal(size=3), np.array([0.1, -0.2, 5.0]), 1.5, 0.05, -0.01),
               Camera(np.zeros(3), np.array([0.4, 0.1, 6.0]), 1.2, 0.02)]
    points = rng.normal(size=(3, 3))
    return cameras, points, [(0, 0, (0.3, 0.1)), (0, 1, (-0.2, 0.4)), (1, 1, (0.1, 0.2)), (1, 2, (2.5, -1.4))]


def _attitude_args():
    return [(0.3, -0.2, 0.5), (0.1, 0.4, -0.3), (0.2, 0.2, 0.1)], (1.0, 0.1, 0.0, 0.2), (0.9, 0.3, 0.2, 0.1)


def _bezier_args():
    return ([(0.0, 0.1), (1.0, 2.0), (2.5, -1.0), (3.0, 0.5)],)


FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


def _mesh_args():
    corners = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    return corners + 0.1 * np.random.default_rng(1).normal(size=(4, 3)), FACES


def _polygon_args():
    return ([(0.0, 0.1), (2.0, 0.0), (2.5, 1.5), (1.0, 2.2), (-0.3, 1.0)],)


def _arm_args():
    return [0.4, 0.3, -0.5], [1.0, 0.8, 0.6], np.array([1.5, 0.9])


def _icp_args():
    rng = np.random.default_rng(2)
    destination = rng.normal(size=(5, 3))
    normals = rng.normal(size=(5, 3))
    return np.array([0.05, -0.03, 0.02, 0.04, -0.01]), destination[:4] + 0.05 * rng.normal(size=(4, 3)), destination, normals


def _tracing_args():
    return (-3.0, 0.3, 0.2), (1.0, -0.05, 0.02), 0.8, (0.5, 0.6, 0.7)


CASES = [
    (bundle_adjustment, _bundle_args, (0, 1, 2)),
    (attitude_error, _attitude_args, (0, 1, 2)),
    (bezier_length, _bezier_args, (0,)),
    (mesh_volume_and_area, _mesh_args, (0,)),
    (mesh_smoothness, _mesh_args, (0,)),
    (polygon_moment, _polygon_args, (0,)),
    (robot_arm, _arm_args, (0, 1, 2)),
    (point_to_plane, _icp_args, (0, 1, 2)),
    (signed_distance_scene, _tracing_args, (0, 1, 2)),
]
